"""The Set Parameter logic."""

from __future__ import annotations

import pytest

from engine.definitions import Json, around, go, set_param, story
from syncline_server.engine import Limits, TaskState, values

DATA = values.loads_object(
    '{"n":1.10,"s":"a\\"b","list":["x"],"obj":{"key":1,"other":{"y":2}},"i":2,"env":"dev","id":7}'
)


def after(extra: Json, types: dict[str, str] | None = None, data: Json | None = None) -> Json:
    """Return the data after the logic, or fail when it took the error link."""
    task = story(around(set_param(extra, types, error="bad"), go("end")), DATA if data is None else data).task
    assert task.node_id == "end", task.data
    return task.data


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        ("text", "string", "text"),
        ("<{{n}}>", "string", "<1.10>"),
        ("{{n}}", "string", "1.10"),
        ("{{n}}", "number", values.Number("1.10")),
        ("5", "number", 5),
        ("{{id}}{{id}}", "number", 77),
        ("true", "boolean", True),
        ("{{obj}}", "object", {"key": 1, "other": {"y": 2}}),
        (
            '{"q":"{{s}}","n":{{n}},"o":{{obj.other}}}',
            "object",
            {"q": 'a"b', "n": values.Number("1.10"), "o": {"y": 2}},
        ),
        ('["{{s}}"]', "array", ['a"b']),
        ('{"q":"{{s}}"}', "string", '{"q":"a\\"b"}'),
        ("{{missing}}", "string", ""),
    ],
)
def test_a_value_gets_its_type(value: str, wanted: str, expected: object) -> None:
    assert expected == after({"a": value}, {"a": wanted})["a"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (1, 1),
        (42.5, 42.5),
        (True, True),
        ({"a": [1]}, {"a": [1]}),
        ([1], [1]),
        ({"v": "{{s}}"}, {"v": 'a"b'}),
        (None, ""),
    ],
)
def test_a_value_that_is_no_text_in_the_file_has_its_own_type(raw: object, expected: object) -> None:
    assert expected == after({"a": raw})["a"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("plain", {"plain": "v"}),
        ("a.b", {"a.b": "v"}),
        ("{{plain}}", {"plain": "v"}),
        ("{{i}}", {"i": "v"}),
        ("status_{{env}}", {"status_dev": "v"}),
        ("{{status_{{env}}_{{id}}}}", {"status_dev_7": "v"}),
        ("{{obj.key}}", {"obj": {"key": "v", "other": {"y": 2}}}),
        ("{{obj.other.x}}", {"obj": {"key": 1, "other": {"y": 2, "x": "v"}}}),
        ("{{obj.{{env}}}}", {"obj": {"key": 1, "other": {"y": 2}, "dev": "v"}}),
        ("{{obj[{{i}}]}}", {"obj": {"key": 1, "other": {"y": 2}, "2": "v"}}),
        ("{{list[0]}}", {"list": ["v"]}),
        ("{{list[{{i}}]}}", {"list": ["x", None, "v"]}),
        ("{{list[1].name}}", {"list": ["x", {"name": "v"}]}),
        ("{{fresh.a[1].b}}", {"fresh": {"a": [None, {"b": "v"}]}}),
        ("{{list[100]}}", {"list": ["x", *[None] * 99, "v"]}),
    ],
)
def test_keys(key: str, expected: Json) -> None:
    assert {**DATA, **expected} == after({key: "v"})


def test_null_on_the_way_counts_as_missing() -> None:
    assert after({"{{a.b}}": "v"}, data={"a": None}) == {"a": {"b": "v"}}


def test_values_are_made_of_the_data_before_the_node() -> None:
    assert after({"a": "{{b}}", "b": "{{a}}"}, {"a": "number", "b": "number"}, {"a": 1, "b": 2}) == {"a": 2, "b": 1}


def test_several_places_of_one_object_are_all_set() -> None:
    assert after({"{{o.a}}": "1", "{{o.b}}": "2"}, data={}) == {"o": {"a": "1", "b": "2"}}


def test_existing_keys_keep_their_place_and_new_ones_go_last() -> None:
    assert list(after({"d": "4", "b": "2", "a": "1"}, data={"a": 0, "b": 0, "c": 0})) == ["a", "b", "c", "d"]


def test_the_old_data_is_never_changed() -> None:
    data: Json = {"o": {"l": [{"x": 1}]}, "n": 1}
    tale = story(around(set_param({"{{o.l[0].x}}": "2", "n": "3"}), go("end")), data)

    assert data == {"o": {"l": [{"x": 1}]}, "n": 1}
    assert tale.task.data == {"o": {"l": [{"x": "2"}]}, "n": "3"}


@pytest.mark.parametrize(
    ("extra", "types", "description"),
    [
        ({"a": "{{s}}"}, {"a": "number"}, 'Param: a, Value: a"b, Try convert to: number'),
        ({"a": "{{missing}}"}, {"a": "number"}, "Param: a, Value: , Try convert to: number"),
        ({"a": '{"x":{{s}}}'}, {"a": "object"}, 'Param: a, Value: {"x":a"b}, Try convert to: object'),
        ({"a": "{{obj}}"}, {"a": "array"}, 'Param: a, Value: {"key":1,"other":{"y":2}}, Try convert to: array'),
        (
            {"{{obj.k{{i}}}}": "{{s}}"},
            {"{{obj.k{{i}}}}": "boolean"},
            'Param: obj.k2, Value: a"b, Try convert to: boolean',
        ),
        ({"x{{i}}": "{{s}}"}, {"x{{i}}": "boolean"}, 'Param: x2, Value: a"b, Try convert to: boolean'),
        ({"{{s.b}}": "v"}, {}, "Param: s.b, Value: v, Try convert to: object"),
        ({"{{list.b}}": "v"}, {}, "Param: list.b, Value: v, Try convert to: object"),
        ({"{{s[0]}}": "v"}, {}, "Param: s[0], Value: v, Try convert to: array"),
        ({"{{list[{{big}}]}}": "v"}, {}, "Param: list[101], Value: v, Try convert to: array"),
    ],
)
def test_what_cannot_be_converted_takes_the_error_link(extra: Json, types: dict[str, str], description: str) -> None:
    tale = story(around(set_param({"ok": "1", **extra}, types, error="bad"), go("end")), {**DATA, "big": 101})

    errors = {
        "__conveyor_set_param_return_type_error__": "software",
        "__conveyor_set_param_return_type_tag__": "set_param_wrong_convert_param",
        "__conveyor_set_param_return_description__": description,
    }
    assert {**DATA, "big": 101, **errors} == tale.task.data
    assert tale.path() == ["start:moved", "here:error", "bad:ended"]
    assert values.dumps(errors) == tale.steps[1].output


def test_without_an_error_link_the_task_fails_with_the_words_in_its_data() -> None:
    task = story(around(set_param({"a": "{{s}}"}, {"a": "number"}), go("end")), DATA).task

    assert TaskState.FAILED is task.state
    assert task.failure is not None
    assert (task.failure.reason, task.failure.node_id) == ("ERROR_NOT_HANDLED", "here")
    assert task.data["__conveyor_set_param_return_type_tag__"] == "set_param_wrong_convert_param"
    assert task.outcome is not None
    assert values.dumps(task.data) == task.outcome.data


def test_too_much_data_fails_the_task_whatever_the_link() -> None:
    small = Limits(max_task_bytes=100)
    found = around(set_param({"b": "{{a}}"}, error="bad"), go("end"), limits=small)

    assert story(found, {"a": "x" * 20}).task.node_id == "end"
    task = story(found, {"a": "x" * 60}).task
    assert task.failure is not None
    assert (task.failure.reason, task.failure.node_id) == ("TASK_TOO_LARGE", "here")
    assert task.data == {"a": "x" * 60}


def test_what_is_rendered_is_bounded_before_it_is_put_together() -> None:
    found = around(set_param({"b": "{{a}}" * 1000}, error="bad"), go("end"), limits=Limits(max_task_bytes=1000))
    task = story(found, {"a": "x" * 500}).task

    assert task.failure is not None
    assert task.failure.reason == "TASK_TOO_LARGE"


def test_the_size_is_of_the_data_as_it_is_after_a_replacement() -> None:
    """A value that takes the place of another of the same size fits, though both together would not."""
    found = around(set_param({"a": "{{b}}"}), set_param({"a": "{{b}}"}), go("end"), limits=Limits(max_task_bytes=100))

    assert story(found, {"a": "x" * 35, "b": "й" * 17}).task.node_id == "end"


def test_data_never_gets_too_deep_to_be_read_again() -> None:
    deep = values.loads("[" * 254 + "]" * 254)
    flat = around(set_param({"b": "{{a}}"}, {"b": "object"}, error="bad"), go("end"))
    nested = around(set_param({"{{a.b}}": "{{a}}"}, {"{{a.b}}": "object"}, error="bad"), go("end"))

    copied = story(flat, {"a": {"deep": deep}}).task
    assert values.loads(values.dumps(copied.data)) == copied.data
    refused = story(nested, {"a": {"deep": deep}}).task
    assert refused.node_id == "bad"
    assert refused.data["__conveyor_set_param_return_description__"] == "Nested deeper than 256 levels"


def test_a_logic_that_sets_nothing_leaves_no_trace() -> None:
    tale = story(around(set_param({}), go("end")), {"a": 1})

    assert tale.task.data == {"a": 1}
    assert tale.steps[1].output == ""


def test_a_step_holds_what_was_added() -> None:
    tale = story(around(set_param({"a": "{{n}}", "b": "2"}, {"a": "number"}), go("end")), DATA)

    assert tale.steps[1].output == '{"a":1.10,"b":"2"}'
