"""`outcry keys`: a secret key is replaced by the command, as the runbook says (SPEC SEC-1)."""

import httpx

from tests.support.command import data_folder, run_outcry, serving_command

OLD, NEW = "old-root-key-of-32-characters-or-more", "new-root-key-of-32-characters-or-more"
LOG_IN = {"email": "mod@test.example", "password": "correct horse"}


def test_a_key_is_replaced_and_the_old_one_is_needed_no_more() -> None:
    both = {"secret_key": NEW, "secret_key_previous": OLD}
    with data_folder() as folder:
        assert run_outcry(folder, "migrate", secret_key=OLD).returncode == 0
        create = ("user", "create", "--email", LOG_IN["email"], "--password", LOG_IN["password"])
        assert run_outcry(folder, *create, secret_key=OLD).returncode == 0
        before = run_outcry(folder, "keys", **both)
        assert before.returncode == 1, before.stderr
        assert "the older ones are still needed" in before.stdout
        renewed = run_outcry(folder, "keys", "--reencrypt", **both)
        assert renewed.returncode == 0, renewed.stderr
        assert "drop the others" in renewed.stdout
        with serving_command(folder, secret_key=NEW) as server:
            assert httpx.post(f"{server.url}/v1/auth/login", json=LOG_IN).status_code == 200
            # Beside the running server too.
            assert run_outcry(folder, "keys", secret_key=NEW).returncode == 0
