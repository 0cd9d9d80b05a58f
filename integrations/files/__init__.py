"""Files of contacts and customer directories: CSV and JSONL, plain or gzipped."""
