//! Trees and comments to text, in the one canonical layout. What was printed is parsed again: a layout that would change
//! what a file says, or lose a comment, is refused.

mod declaration;
mod doc;
mod expression;
mod fixes;
mod margin;
mod page;
mod press;
mod segment;
mod testing;
mod tokens;

pub use expression::print_expr;
pub use fixes::{Fixed, apply_fixes};

use crate::{
    diagnostic::Sink,
    source::Sources,
    syntax::{self, ast},
};

/// A layout that would have changed what the file says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("laying this file out would change {what}; it is left as it is")]
pub struct FormatError {
    what: &'static str,
}

/// The file in the canonical layout.
///
/// # Errors
/// Where the layout does not read back as the same file: a defect of this room, never of the file.
pub fn format(file: &ast::File, text: &str) -> Result<String, FormatError> {
    let entries = file.declarations.iter().map(declaration::entry).collect();
    let printed = page::print(entries, press::Press::new(margin::Margin::of(&file.comments, text)));
    let mut sources = Sources::new();
    let id = sources.add("<laid out>", printed.as_str());
    let mut sink = Sink::new();
    let again = syntax::parse(id, sources.get(id).text(), &mut sink);
    let words = |comments: &[ast::Comment]| comments.iter().map(|it| it.text.trim_end().to_owned()).collect::<Vec<_>>();
    if sink.has_errors() || again.declarations != file.declarations {
        return Err(FormatError { what: "what it says" });
    }
    if words(&again.comments) != words(&file.comments) {
        return Err(FormatError { what: "its comments" });
    }
    Ok(printed)
}
