"""The throw-away PostgreSQL that tests are given is a real one."""

import sqlalchemy


def test_postgres_answers_and_serializes(postgres_url: str) -> None:
    """It speaks SQL over loopback, keeps what is written and says which version it is."""
    engine = sqlalchemy.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TEMPORARY TABLE t (seq bigint NOT NULL)"))
        connection.execute(sqlalchemy.text("INSERT INTO t VALUES (1)"))
        bump = sqlalchemy.text("UPDATE t SET seq = seq + 1 RETURNING seq")
        assert [connection.execute(bump).scalar_one() for _ in range(3)] == [2, 3, 4]
        major = connection.execute(sqlalchemy.text("SHOW server_version_num")).scalar_one()
        assert int(major) >= 120000
    engine.dispose()
