"""Services with nothing behind them: for the gallery, pictures and tests."""
