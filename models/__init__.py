"""Machine learning: texts and arrays in, arrays and small results out. No database tables here."""
