use super::super::Format;
use super::super::shown::shown;

#[test]
fn an_error_outside_of_examples_is_red() {
    let text = r#"{"version":"3","messages":["\nAn error occurred while loading ./spec/a_spec.rb.\nNameError:"],"examples":[],"summary":{"example_count":0,"errors_outside_of_examples_count":1}}"#;
    assert_eq!(
        shown(Format::Rspec, text),
        "Errored [outside of examples] [] \"An error occurred while loading ./spec/a_spec.rb.\\nNameError:\"\n"
    );
}
