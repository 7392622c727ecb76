//! Rule text to trees. The only room that knows pest.

pub mod ast;
