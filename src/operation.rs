//! What a person may ask of a cluster: plan, refuse, preview, confirm.
