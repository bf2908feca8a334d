//! Screens, as a terminal shows them.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};
use serde_json::json;

use super::*;
use crate::follow::board::tests::{at, record};
use crate::follow::screen::draw;
use crate::line::Kind;
use crate::line::Why;

fn board() -> Board {
    let mut board = Board::new();
    for span in 1..=8 {
        board.take(&record(span, "invoke", span * 100, json!({})), at(span * 100));
    }
    let declined =
        json!({"error": {"type": "Declined", "message": "the card has \u{1b}[31mexpired"}});
    board.take(&record(3, "failed", 900, declined), at(900));
    board.take(&record(1, "failed", 901, json!({"caused_by": "0000000000000003"})), at(901));
    let timeout = json!({"cancellation": {"cause": "timeout", "dropped_at": "src/shop.rs:52"}});
    board.take(&record(5, "cancelled", 950, timeout), at(950));
    board.take(&record(2, "slow", 990, json!({"slow": {}})), at(990));
    for span in 100..1_300 {
        board.take(&record(span, "success", 999, json!({})), at(999));
    }
    board.count(Kind::Skipped(Why::Foreign, 0));
    board.count(Kind::Skipped(Why::Torn, 0));
    board
}

fn status() -> Status {
    Status {
        names: vec!["app.jsonl".to_owned(), "日本.jsonl".to_owned()],
        is_over: false,
        since: Duration::from_secs(75),
        troubles: Vec::new(),
    }
}

fn screen(board: &Board, status: &Status, columns: u16, rows: u16) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    let lines = lines(board, status, at(4_000), (columns.into(), rows.into()));
    draw(&mut terminal, lines, true).unwrap();
    terminal.backend().clone()
}

#[test]
fn a_screen_shows_what_is_in_flight_how_often_and_what_failed() {
    insta::assert_snapshot!(screen(&board(), &status(), 110, 24), @r#"
    " app.jsonl, 日本.jsonl                                                                1,212 records in 1m 15s " Hidden by multi-width symbols: [(13, " "), (15, " ")]
    " In flight  5                                                                                                 "
    "   3.80 s  ~ shop reserve order-2  slow                                                                       "
    "   3.60 s  → shop place order-4                                                                               "
    "   3.40 s  → shop charge order-6                                                                              "
    "   3.30 s  → shop place order-7                                                                               "
    "   3.20 s  → shop reserve order-8                                                                             "
    "                                                                                                              "
    " Operations  3                        /s, 10 s  /s, 1 m   → open  ✓ success  ✗ failed  ⊘ cancelled  ? unknown "
    "   shop charge                              40      6.7        1        400         1            0          0 "
    "   shop place                               40      6.7        2        400         1            0          0 "
    "   shop reserve                             40      6.7        2        400         0            1          0 "
    "                                                                                                              "
    " Failed and cancelled   ✗ 2 ⊘ 1                                                                               "
    " 16:00:00.950Z ⊘ cancelled shop reserve order-5  7.00 ms  timeout at src/shop.rs:52                           "
    " 16:00:00.900Z ✗ failed    shop charge order-3  7.00 ms  Declined: the card has \u{1b}[31mexpired             "
    "                                                                                                              "
    "                                                                                                              "
    "                                                                                                              "
    "                                                                                                              "
    "                                                                                                              "
    "                                                                                                              "
    "                                                                                                              "
    " 2 lines skipped: 1 not a record, 1 torn                                                      c clear  q quit "
    "#);
}

#[test]
fn a_narrow_screen_has_fewer_columns() {
    insta::assert_snapshot!(screen(&board(), &status(), 60, 14), @r#"
    " app.jsonl, 日本.jsonl              1,212 records in 1m 15s " Hidden by multi-width symbols: [(13, " "), (15, " ")]
    " In flight  5                                               "
    "   3.80 s  ~ shop reserve order-2  slow                     "
    "   3.60 s  → shop place order-4                             "
    "           and 3 younger                                    "
    " Operations  3             /s, 10 s       ✓       ✗       ⊘ "
    "   shop charge                   40     400       1       0 "
    "   shop place                    40     400       1       0 "
    "   shop reserve                  40     400       0       1 "
    " Failed and cancelled   ✗ 2 ⊘ 1                             "
    " 16:00:00.950Z ⊘ cancelled shop reserve order-5  7.00 ms  t…"
    " 16:00:00.900Z ✗ failed    shop charge order-3  7.00 ms  De…"
    "                                                            "
    " 2 lines skipped: 1 not a record, 1 torn    c clear  q quit "
    "#);
}

#[test]
fn a_tiny_screen_has_the_numbers() {
    insta::assert_snapshot!(screen(&board(), &status(), 14, 3), @r#"
    " app.jsonl, … "
    " ✗ 2 ⊘ 1 → 5  "
    " 16:00:00.950…"
    "#);
}

#[test]
fn an_empty_board_says_so() {
    let status = Status {
        troubles: vec!["app.jsonl does not exist yet".to_owned()],
        is_over: true,
        ..status()
    };
    insta::assert_snapshot!(screen(&Board::new(), &status, 80, 12), @r#"
    " app.jsonl, 日本.jsonl (ended)                              0 records in 1m 15s " Hidden by multi-width symbols: [(13, " "), (15, " ")]
    " In flight  0                                                                   "
    "        –                                                                       "
    "                                                                                "
    " Operations  0              /s, 10 s  /s, 1 m  ✓ success  ✗ failed  ⊘ cancelled "
    "        –                                                                       "
    " Failed and cancelled   ✗ 0 ⊘ 0                                                 "
    "        –                                                                       "
    "                                                                                "
    "                                                                                "
    "                                                                                "
    " app.jsonl does not exist yet                                   c clear  q quit "
    "#);
}

#[test]
fn no_size_is_too_small() {
    let (board, status) = (board(), status());
    for columns in (1..130).step_by(3) {
        for rows in 1..30 {
            screen(&board, &status, columns, rows);
        }
    }
    assert!(lines(&board, &status, at(0), (0, 0)).len() <= 2);
}

#[test]
fn there_are_never_more_lines_than_rows() {
    let (board, status) = (board(), status());
    for rows in 2..60 {
        assert!(lines(&board, &status, at(0), (80, rows)).len() <= rows.max(2), "{rows}");
    }
}

#[test]
fn what_went_wrong_has_its_colour_beside_its_sign() {
    let screen = screen(&board(), &status(), 110, 24);
    let cell = |sign: &str| {
        let cells = screen.buffer().content.iter().rev();
        cells.into_iter().find(|cell| cell.symbol() == sign).unwrap().clone()
    };
    assert_eq!((cell("✗").fg, cell("⊘").fg), (Color::Red, Color::Magenta));
    assert!(cell("✗").modifier.contains(Modifier::BOLD));
    let mut terminal = Terminal::new(TestBackend::new(110, 24)).unwrap();
    draw(&mut terminal, lines(&board(), &status(), at(4_000), (110, 24)), false).unwrap();
    assert!(terminal.backend().buffer().content.iter().all(|cell| cell.fg == Color::Reset));
}

#[test]
fn losses_come_first_below() {
    let mut board = board();
    let mut lost = record(1, "failed", 0, json!({"error": {"details": {"lost": 3_000}}}));
    lost.event_namespace = "tracing_invocation".to_owned();
    lost.event_name = "delivery".to_owned();
    board.take(&lost, at(0));
    let shown = screen(&board, &status(), 80, 16).to_string();
    insta::assert_snapshot!(shown.lines().last().unwrap(), @r#"
    " ! 3,000 records lost, the log says  ·  2 lines skipped: 1 not… c clear  q quit "
    "#);
    assert!(shown.contains("! lost      3000 records lost"), "{shown}");
}
