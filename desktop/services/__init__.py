"""What pages ask for: small interfaces, the real things behind them, and fakes of them."""
