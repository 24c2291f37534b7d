//! ratatui screens and widgets: drawing only reads view models.
