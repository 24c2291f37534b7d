//! The command line: what parses, what it means, what help says.

use clap::{CommandFactory, Parser};

use crate::operation::{Operation, ScaleTo};

use super::{
    args::{Args, Output},
    failure::Kind,
    intent::{Common, Intent},
};

fn parse(line: &str) -> Result<(Common, Intent), String> {
    let args = Args::try_parse_from(std::iter::once("rolltop").chain(line.split_whitespace()));
    args.map_err(|error| error.to_string())?.meaning().map_err(|failure| {
        assert_eq!(failure.kind, Kind::Usage);
        failure.to_string()
    })
}

fn operation(line: &str) -> Operation {
    match parse(line) {
        Ok((_, Intent::Write { operation, .. })) => operation,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_definition_holds_together() {
    Args::command().debug_assert();
}

#[test]
fn writes_mean_operations() {
    for (line, expected) in [
        ("pause deploy/x", Operation::Pause),
        ("resume x", Operation::Resume),
        ("restart sts/x", Operation::Restart),
        ("scale x 5", Operation::Scale(ScaleTo::Exactly(5))),
        ("scale x +2", Operation::Scale(ScaleTo::By(2))),
        ("scale x -2", Operation::Scale(ScaleTo::By(-2))),
        ("scale -n shop x -2 --yes", Operation::Scale(ScaleTo::By(-2))),
        ("scale x --replicas 4", Operation::Scale(ScaleTo::Exactly(4))),
        ("scale x --replicas=0", Operation::Scale(ScaleTo::Exactly(0))),
        ("undo x", Operation::Undo { to: None }),
        ("promote rollout/x", Operation::Promote { full: false }),
        ("promote --full canary/x --wait", Operation::Promote { full: true }),
        ("abort x", Operation::Abort),
        ("retry x", Operation::Retry),
        ("skip-step ro/x", Operation::SkipStep),
        ("set-weight deploy/x 25%", Operation::SetWeight(25)),
        ("gate open canary/x", Operation::Gate { kind: "".into(), open: true }),
        (
            "gate close canary/x confirm-promotion --yes",
            Operation::Gate { kind: "confirm-promotion".into(), open: false },
        ),
        ("terminate ro/x", Operation::Terminate { kind: "".into(), name: "".into() }),
        ("terminate ro/x experiment/e", Operation::Terminate { kind: "Experiment".into(), name: "e".into() }),
        ("finish canary/x", Operation::Finish),
        ("undo x --to-revision 3", Operation::Undo { to: Some(3) }),
        (
            "set-image x app=a:1 *=b:2",
            Operation::SetImage(vec![("app".into(), "a:1".into()), ("*".into(), "b:2".into())]),
        ),
    ] {
        assert_eq!(operation(line), expected, "{line}");
    }
}

#[test]
fn nonsense_is_a_usage_error_with_a_way_out() {
    for (line, expected) in [
        ("scale x 1e9", "not a number of replicas; write 5, +2 or -1"),
        ("scale x abc", "not a number of replicas"),
        ("scale x", "required arguments"),
        ("scale x --replicas -9", "-9"),
        ("scale x 5 --replicas 5", "cannot be used with"),
        ("undo x --to-revision 0", "0 is not in"),
        ("set-image x", "required arguments"),
        ("set-image x app", "is not an assignment"),
        ("status pod/x", "is not a kind of workload"),
        ("status --wait=soon", "is not a length of time"),
        ("history x --diff 3", "is not two revisions"),
        ("history x -o yaml", "does not write that format"),
        ("pause x -o yaml", "does not write that format"),
        ("status -A -n shop", "cannot be used with"),
        ("-A status -n shop", "cannot be used with"),
        ("status --as-group admins", "--as"),
        ("undo", "required arguments"),
        ("promote", "required arguments"),
        ("set-weight x", "required arguments"),
        ("set-weight x 101%", "a share is between 0 and"),
        ("gate x", "invalid value"),
        ("gate ajar canary/x", "possible values: open, close"),
        ("terminate ro/x y", "write analysisrun/NAME or experiment/NAME"),
        ("x status", "write it after the subcommand"),
    ] {
        let error = parse(line).unwrap_err();
        assert!(error.contains(expected), "{line}: {error}");
    }
}

#[test]
fn global_options_stand_before_or_after_the_subcommand() {
    let options = "--context prod --kubeconfig k.yaml -l app=x --as ann --as-group dev --prometheus http://p \
                   --theme dark --keymap vim --read-only --config c.toml --log-level debug -n shop -n dev -o json";
    for line in [format!("{options} status x"), format!("status x {options}")] {
        let (common, intent) = parse(&line).unwrap();
        assert!(matches!(intent, Intent::Status { ref targets, .. } if targets.len() == 1), "{line}: {intent:?}");
        assert_eq!(common.namespaces, ["shop", "dev"], "{line}");
        assert_eq!(common.access.context.as_deref(), Some("prod"));
        assert_eq!(common.access.kubeconfig.as_deref(), Some("k.yaml".as_ref()));
        assert_eq!((common.access.user.as_deref(), common.access.groups.len()), (Some("ann"), 1));
        assert_eq!(common.selector.as_deref(), Some("app=x"));
        assert_eq!(common.output, Output::Json);
        assert!(common.overrides.read_only && common.overrides.theme.as_deref() == Some("dark"));
    }
    assert!(parse("-A status").unwrap().0.all_namespaces);
    assert!(parse("--read-only pause x").unwrap().0.overrides.read_only);
}

#[test]
fn options_on_both_sides_of_the_subcommand_are_joined_and_the_nearer_one_wins() {
    let line = "-n a --as ann --as-group dev --context here -l app=x -o yaml status -n b --as-group ops \
                --context there -o json";
    let (common, _) = parse(line).unwrap();
    assert_eq!(common.namespaces, ["a", "b"]);
    assert_eq!((common.access.user.as_deref(), common.access.groups), (Some("ann"), vec!["dev".into(), "ops".into()]));
    assert_eq!(common.access.context.as_deref(), Some("there"));
    assert_eq!((common.selector.as_deref(), common.output), (Some("app=x"), Output::Json));
}

#[test]
fn without_a_subcommand_it_is_the_screen() {
    assert!(matches!(parse(""), Ok((_, Intent::Screen(None)))));
    assert!(matches!(parse("deploy/x -n shop"), Ok((_, Intent::Screen(Some(_))))));
    assert!(matches!(parse("demo --list"), Ok((_, Intent::Scenarios))));
    assert!(matches!(parse("demo crash-loop --seed 7 --speed 20"), Ok((_, Intent::Demo(_)))));
    assert!(matches!(parse("simulate --deployments 500 --replicas 20 --churn 3"), Ok((_, Intent::Simulate { .. }))));
}

#[test]
fn waiting_takes_a_time_or_its_default() {
    for (line, seconds) in [("status --wait", Some(300)), ("status --wait=90s", Some(90)), ("status", None)] {
        let Ok((_, Intent::Status { wait, .. })) = parse(line) else { panic!("{line}") };
        assert_eq!(wait.map(|wait| wait.as_secs()), seconds, "{line}");
    }
    let Ok((_, Intent::Status { targets, .. })) = parse("status --wait x") else { panic!() };
    assert_eq!(targets.len(), 1, "a name after --wait is a workload");
}

#[test]
fn help_is_reviewed() {
    let mut command = Args::command().term_width(100);
    command.build();
    insta::assert_snapshot!("help", command.render_long_help().to_string());
    for name in ["status", "history", "scale", "undo", "set-image", "promote", "gate", "demo", "simulate"] {
        let sub = command.find_subcommand_mut(name).unwrap();
        insta::assert_snapshot!(format!("help-{name}"), sub.clone().term_width(100).render_help().to_string());
    }
}
