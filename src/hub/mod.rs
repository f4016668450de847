//! Carries changes to open windows.
