//! HTML, one file per noun or screen.
