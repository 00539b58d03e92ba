//! A scripted system.
