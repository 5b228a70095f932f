#!/bin/sh
# Run once, when the PostgreSQL image initializes its volume: the role the API logs in as gets a password.
# db/roles.sql grants it the roles it may become.
set -eu
psql --set=ON_ERROR_STOP=1 --set=password="$AUTHENTICATOR_PASSWORD" \
  --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
create role authenticator login noinherit password :'password';
SQL
