//! What the person is doing: `App::update(&World, &Assessments, Message) -> Vec<Effect>`, pure.
