"""Reports as people read them: text, Markdown, mail and pictures. Pure: no database."""
