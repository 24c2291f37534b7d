//! What is known now: `World::apply(Observation, at) -> Changed`; bounded history; selectors.
