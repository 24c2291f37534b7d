//! Changes that are on record.

use jiff::Timestamp;

use super::Text;

/// A change of a workload's template, or an abort, that was made with this program, as its audit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// UID of the workload.
    pub uid: Text,
    /// The kube user who said yes.
    pub user: Text,
    /// When it was meant to be sent.
    pub at: Timestamp,
    /// It gave a release up, and left the template alone.
    pub aborts: bool,
}
