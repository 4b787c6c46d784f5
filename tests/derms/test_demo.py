"""What the demo says last: where to look and how to sign in as each role."""

from derms.demo.run import sign_in_line


def test_one_password_for_all_is_said_once() -> None:
    accounts = [
        {"role": "customer", "username": "ada", "password": "sun"},
        {"role": "operator", "username": "olga", "password": "sun"},
    ]

    line = sign_in_line("http://localhost:8000/", accounts, 7.25)

    assert line == (
        "Ready in 7.2 s: http://localhost:8000/ - sign in as ada (customer), olga (operator), "
        "password sun. Ctrl-C stops everything."
    )


def test_own_passwords_stand_with_each_name() -> None:
    accounts = [
        {"role": "customer", "username": "ada", "password": "sun"},
        {"role": "operator", "username": "olga", "password": "wind"},
    ]

    line = sign_in_line("http://localhost:8000/", accounts, 7.25)

    assert "ada/sun (customer), olga/wind (operator)" in line
