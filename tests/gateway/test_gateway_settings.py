"""What the gateway is told from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncline.environment import BadSetting
from syncline_gateway.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_set() -> None:
    assert Settings.from_env({"PATH": "/bin"}) == Settings()


def test_everything_set(tmp_path: Path) -> None:
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_text("pem")
    settings = Settings.from_env(
        {
            "SYNCLINE_HTTP": "0.0.0.0:80",
            "SYNCLINE_HTTP_ASYNC": "[::1]:0",
            "SYNCLINE_GRPC": "server.test:50051",
            "SYNCLINE_SYNC_HOSTS": "sync.test, Other.test",
            "SYNCLINE_ASYNC_HOSTS": "async.test",
            "SYNCLINE_CORS_ORIGINS": "https://one.test, http://[::1]:8080",
            "SYNCLINE_MAX_WAIT_SECONDS": "12.5",
            "SYNCLINE_MAX_BODY_BYTES": "1000",
            "SYNCLINE_BODY_SECONDS": "3",
            "SYNCLINE_TLS_CA": str(tmp_path / "ca"),
            "SYNCLINE_TLS_CERT": str(tmp_path / "cert"),
            "SYNCLINE_TLS_KEY": str(tmp_path / "key"),
            "SYNCLINE_LOG_LEVEL": "debug",
            "SYNCLINE_READY_FD": "3",
            "SYNCLINE_LIFE_FD": "4",
        }
    )

    assert settings == Settings(
        http=("0.0.0.0", 80),
        http_async=("::1", 0),
        grpc=("server.test", 50051),
        sync_hosts=("sync.test", "other.test"),
        async_hosts=("async.test",),
        cors_origins=("https://one.test", "http://[::1]:8080"),
        max_wait_seconds=12.5,
        max_body_bytes=1000,
        body_seconds=3.0,
        tls=True,
        tls_ca=tmp_path / "ca",
        tls_cert=tmp_path / "cert",
        tls_key=tmp_path / "key",
        log_level="debug",
        ready_fd=3,
        life_fd=4,
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SYNCLINE_HTPP", "x"),
        ("SYNCLINE_HTTP", "8080"),
        ("SYNCLINE_GRPC", "server:x"),
        ("SYNCLINE_CORS_ORIGINS", "https://one.test/"),
        ("SYNCLINE_CORS_ORIGINS", "*, one.test"),
        ("SYNCLINE_CORS_ORIGINS", "null"),
        ("SYNCLINE_MAX_WAIT_SECONDS", "-1"),
        ("SYNCLINE_MAX_BODY_BYTES", "16M"),
        ("SYNCLINE_BODY_SECONDS", "soon"),
        ("SYNCLINE_TLS_CA", "/nowhere/ca.pem"),
        ("SYNCLINE_LOG_LEVEL", "loud"),
        ("SYNCLINE_READY_FD", "stdout"),
        ("SYNCLINE_PLAINTEXT", "maybe"),
    ],
)
def test_a_bad_setting_is_named(name: str, text: str) -> None:
    with pytest.raises(BadSetting, match=f"^{name}: ") as refused:
        Settings.from_env({name: text})
    assert "\n" not in str(refused.value)


def test_half_of_a_certificate(tmp_path: Path) -> None:
    (tmp_path / "cert").write_text("pem")

    with pytest.raises(BadSetting, match="SYNCLINE_TLS_KEY"):
        Settings.from_env({"SYNCLINE_TLS_CERT": str(tmp_path / "cert")})
    with pytest.raises(BadSetting, match="SYNCLINE_TLS_CERT"):
        Settings.from_env({"SYNCLINE_TLS_KEY": str(tmp_path / "cert")})


def test_another_machine_is_not_reached_in_the_clear_unless_told_so() -> None:
    elsewhere = {"SYNCLINE_GRPC": "10.0.0.1:50051"}

    with pytest.raises(BadSetting, match="SYNCLINE_PLAINTEXT"):
        Settings.from_env(elsewhere)
    assert not Settings.from_env({**elsewhere, "SYNCLINE_PLAINTEXT": "true"}).tls
    assert not Settings.from_env({"SYNCLINE_GRPC": "localhost:1"}).tls


def test_a_host_name_has_one_face() -> None:
    with pytest.raises(BadSetting, match="SYNCLINE_ASYNC_HOSTS: b"):
        Settings.from_env({"SYNCLINE_SYNC_HOSTS": "a,b", "SYNCLINE_ASYNC_HOSTS": "b,c"})


def test_every_origin_may_be_allowed() -> None:
    assert Settings.from_env({"SYNCLINE_CORS_ORIGINS": "*"}).cors_origins == ("*",)
