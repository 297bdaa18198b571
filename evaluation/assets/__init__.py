"""Files the evaluation package ships: see NOTICE.md for where they come from."""
