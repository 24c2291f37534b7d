//! What the person is doing, pure: [`App::update`] takes a [`Message`] and answers with [`Effect`]s.
//!
//! Nothing here waits, draws or reads a clock. The runtime carries the effects out and feeds their answers
//! back as messages, so that every path a key can take is tested as a table.
//!
//! ```text
//! message   everything that may happen           effect    everything that may be asked of the runtime
//! state     App: pages, dialog, fleet, notices   place     where things were drawn: areas, panes, spots
//! update    routing: keys, clicks, answers  ──▶  one file per topic:
//!   navigate  pages, cursors, scrolling            filter    the filter language        rows   order of the fleet
//!   operate   from key to confirmed plan           dialog    dialogs as data            pick   choosing from lists
//!   palette   every action by its words            logs      a container's log          text   YAML, search
//!   faults    what a simulated company can be made to suffer
//!   panels    charts                               notices   short messages             line   a line being typed
//!   answer    what the runtime sends back        deliver   promote, abort and their like    evidence  canary against stable
//! ```

mod answer;
mod deliver;
mod dialog;
mod effect;
mod evidence;
mod faults;
mod filter;
mod line;
mod logs;
mod message;
mod navigate;
mod notices;
mod operate;
mod page;
mod palette;
mod panels;
mod pick;
mod place;
mod rows;
mod state;
mod text;
mod update;

pub use deliver::percent;
pub use dialog::{Confirming, Dialog, Images, Revisions};
pub use effect::Effect;
pub use evidence::Counted;
pub use faults::{Faults, Offer};
pub use filter::Filter;
pub use line::TypedLine;
pub use logs::{LogPage, LogStatus};
pub use message::{LogUpdate, Message, Sight};
pub use notices::{Level, Notice, Notices};
pub use operate::Blocked;
pub use page::{Events, History, Page, Rollout};
pub use palette::{Choice as PaletteChoice, found};
pub use panels::{Metrics, PanelAnswer, Range};
pub use pick::{Choice, Pick, Picker};
pub use place::{Area, Extent, Pane, Spot};
pub use rows::{Order, SortBy, fleet_rows, is_urgent};
pub use state::{App, Fleet};
pub use text::{Content, Search, TextPage, Yaml};
