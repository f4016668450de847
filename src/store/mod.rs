//! One SQLite file, many readers, one writer.
