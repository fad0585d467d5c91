//! A comparison as a page of HTML that needs nothing but itself.

use super::json::Machine;
use crate::page::filled;
use sim_core::compared::Compared;

/// The page, but for what was compared.
const TEMPLATE: &str = include_str!("../../web/compared.html");
/// Where that stands in it.
const PLACE: &str = "@@COMPARED@@";

/// The whole page.
pub fn page(compared: &Compared) -> String {
    let json = serde_json::to_vec(&Machine::of(compared)).unwrap_or_default();
    filled(TEMPLATE, PLACE, &json)
}
