//! Every integration test in one binary; a folder a room.

mod render;
