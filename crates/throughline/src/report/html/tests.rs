//! The page as readers and browsers meet it.
