//! A comparison as a page of HTML that needs nothing but itself.

use super::json::Machine;
use crate::page::filled;
use sim_core::compared::Compared;

/// The page, but for what was compared, and where that stands in it. It shows a survival matrix as well.
pub(crate) const TEMPLATE: (&str, &str) = (include_str!("../../web/compared.html"), "@@COMPARED@@");

/// The whole page.
pub fn page(compared: &Compared) -> String {
    let json = serde_json::to_vec(&Machine::of(compared)).unwrap_or_default();
    filled(TEMPLATE.0, TEMPLATE.1, &json)
}
