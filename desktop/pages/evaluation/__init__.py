"""The Evaluation page: runs started, watched, read and compared."""
