//! How explanations read.
