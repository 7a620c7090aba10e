from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from syncline.environment import NAMES, BadSetting, networks
from syncline_server.settings import Settings

DEFAULTS = Settings(
    data=Path(".syncline"),
    grpc=("127.0.0.1", 50051),
    public_url="http://127.0.0.1:8080",
    allow_targets=(),
    max_wait_seconds=300,
    min_timer_seconds=30,
    retention_seconds=604_800,
    timestamp_window_seconds=0,
    max_body_bytes=16_777_216,
    max_task_bytes=1_048_576,
    tls_cert=None,
    tls_key=None,
    tls_client_ca=None,
    heartbeat_seconds=15,
    log_level="info",
    ready_fd=None,
    life_fd=None,
)


def settings(**variables: object) -> Settings:
    return Settings.from_env({f"SYNCLINE_{name.upper()}": str(value) for name, value in variables.items()})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "it.pem"
    path.touch()
    return path


def test_every_setting_has_a_default() -> None:
    assert Settings.from_env({"PATH": "not ours"}) == DEFAULTS


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert Settings.from_env(dict.fromkeys(NAMES, "")) == DEFAULTS


def test_every_setting_can_be_set(file: Path) -> None:
    found = settings(
        data="/var/x",
        grpc="[::]:0",
        public_url="https://sync.example:8443/base/",
        allow_targets="10.0.0.0/8, ::1/128",
        max_wait_seconds="1.5",
        min_timer_seconds=0,
        retention_seconds=60,
        timestamp_window_seconds=300,
        max_body_bytes=1000,
        max_task_bytes=500,
        tls_cert=file,
        tls_key=file,
        tls_client_ca=file,
        heartbeat_seconds=1,
        log_level="DEBUG",
        ready_fd=3,
        life_fd=4,
    )
    assert found == Settings(
        data=Path("/var/x"),
        grpc=("::", 0),
        public_url="https://sync.example:8443/base",
        allow_targets=networks("10.0.0.0/8,::1/128"),
        max_wait_seconds=1.5,
        min_timer_seconds=0,
        retention_seconds=60,
        timestamp_window_seconds=300,
        max_body_bytes=1000,
        max_task_bytes=500,
        tls_cert=file,
        tls_key=file,
        tls_client_ca=file,
        heartbeat_seconds=1,
        log_level="debug",
        ready_fd=3,
        life_fd=4,
    )
    default = dataclasses.asdict(DEFAULTS)
    assert all(value != default[name] for name, value in dataclasses.asdict(found).items())


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("grpc", "50051"),
        ("grpc", "host:99999"),
        ("public_url", "sync.example"),
        ("public_url", "ftp://sync.example"),
        ("public_url", "https://"),
        ("public_url", "https://sync.example:0"),
        ("public_url", "https://sync.example:99999"),
        ("public_url", "https://[::1"),
        ("public_url", "https://sync.example/?a=b"),
        ("public_url", "https://sync.example/#top"),
        ("public_url", "https://sync .example"),
        ("public_url", "https://sync.example\n"),
        ("public_url", "https://{{host}}"),
        ("public_url", "https://приклад.test"),
        ("allow_targets", "10.0.0.1/8"),
        ("allow_targets", "localhost"),
        ("max_wait_seconds", "-1"),
        ("max_wait_seconds", "1 minute"),
        ("retention_seconds", "inf"),
        ("timestamp_window_seconds", "nan"),
        ("max_body_bytes", "0"),
        ("max_task_bytes", "1e6"),
        ("tls_cert", "/no/such/file"),
        ("heartbeat_seconds", "0"),
        ("plaintext", "maybe"),
        ("log_level", "loud"),
        ("ready_fd", "-1"),
        ("life_fd", "stdin"),
        ("nonsense", "1"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it(variable: str, text: str) -> None:
    with pytest.raises(BadSetting, match=f"^SYNCLINE_{variable.upper()}: ") as refused:
        settings(**{variable: text})
    assert "\n" not in str(refused.value)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadSetting) as refused:
        settings(public_url="https://me:hunter2@sync.example")
    assert "hunter2" not in str(refused.value)


def test_half_a_pair_is_refused(file: Path) -> None:
    with pytest.raises(BadSetting, match=r"^SYNCLINE_TLS_KEY: .* together"):
        settings(tls_cert=file)
    with pytest.raises(BadSetting, match=r"^SYNCLINE_TLS_CERT: .* together"):
        settings(tls_key=file)
    with pytest.raises(BadSetting, match=r"^SYNCLINE_TLS_CERT: .*SYNCLINE_TLS_CLIENT_CA"):
        settings(tls_client_ca=file)


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "10.0.0.1", "sync.example"])
def test_in_the_clear_it_is_served_to_this_machine_only_unless_said_so(host: str, file: Path) -> None:
    with pytest.raises(BadSetting, match=r"^SYNCLINE_GRPC: .*SYNCLINE_PLAINTEXT=true"):
        settings(grpc=f"{host}:1")
    with pytest.raises(BadSetting, match=r"^SYNCLINE_GRPC: "):
        settings(grpc=f"{host}:1", plaintext="false")
    assert settings(grpc=f"{host}:1", plaintext="true").grpc[1] == 1
    assert settings(grpc=f"{host}:1", tls_cert=file, tls_key=file).grpc[1] == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "[::1]", "localhost"])
def test_loopback_needs_no_tls(host: str) -> None:
    assert settings(grpc=f"{host}:1").tls_cert is None
