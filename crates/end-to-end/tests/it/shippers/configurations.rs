//! Configurations of programs that are not to be had from Debian's packages: read as what they are written in, and
//! not run.

use end_to_end::{guide_path, python};

use super::output;

#[track_caller]
fn read_as_yaml(name: &str) -> serde_json::Value {
    let convert = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    super::parse(&output(python().args(["-c", convert]).arg(guide_path(name))))
}

#[test]
fn the_configuration_of_fluent_bit_is_yaml_that_names_its_parts() {
    let configuration = read_as_yaml("fluent-bit.yaml");
    let parsers: Vec<_> =
        configuration["parsers"].as_array().unwrap().iter().map(|parser| &parser["name"]).collect();
    for input in configuration["pipeline"]["inputs"].as_array().unwrap() {
        assert!(parsers.contains(&&input["parser"]), "{input}");
    }
}

#[test]
fn the_configuration_of_vector_is_yaml_that_names_its_parts() {
    let configuration = read_as_yaml("vector.yaml");
    let names =
        |kind: &str| configuration[kind].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let from = [names("sources"), names("transforms")].concat();
    for kind in ["transforms", "sinks"] {
        for part in configuration[kind].as_object().unwrap().values() {
            for input in part["inputs"].as_array().unwrap() {
                let (name, _) = input
                    .as_str()
                    .unwrap()
                    .split_once('.')
                    .unwrap_or((input.as_str().unwrap(), ""));
                assert!(from.iter().any(|from| from == name), "{part}");
            }
        }
    }
}
