//! The page that is inside the program: a table that `build.rs` makes of `dist/www`.

use crate::site::File;

/// The files of the page; none without the feature `page`.
#[cfg(feature = "page")]
pub(crate) static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/page.rs"));
/// The files of the page; none without the feature `page`.
#[cfg(not(feature = "page"))]
pub(crate) static FILES: &[File] = &[];
