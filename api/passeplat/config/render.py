"""A Config becomes text: the file that says the same, an example to start from, the manual."""

from collections.abc import Iterator

from passeplat.config.kinds import HIDDEN, quoted
from passeplat.config.model import APP_SETTING, APP_SETTINGS, SETTINGS, Config, Setting


def dump_config(config: Config, *, show_secrets: bool = False) -> str:
    """Every setting as a line of a PostgREST config file, sorted; read back it is the same Config.

    Unless secrets are asked for, jwt-secret, passwords and the values of app.settings are hidden.
    """
    lines = [f"{each.key} = {_shown(each, config, show_secrets=show_secrets)}" for each in SETTINGS]
    lines += [
        f"{name} = {quoted(value if show_secrets else HIDDEN)}"
        for name, value in config.app_settings
    ]
    return "".join(f"{line}\n" for line in sorted(lines))


def example_config() -> str:
    """A config file with every setting, explained, at its default and commented out."""
    entries = (f"# {each.help}\n# {each.key} = {_default(each)}\n" for each in SETTINGS)
    return "\n".join(entries)


def render_settings_reference() -> str:
    """docs/reference/settings.md."""
    return "\n".join([_PREFACE, *map(_section, SETTINGS), _app_section()])


def _shown(setting: Setting, config: Config, *, show_secrets: bool) -> str:
    value = getattr(config, setting.field)
    if value is None:
        return '""'
    if setting.hide is not None and not show_secrets:
        value = setting.hide(value)
    return setting.kind.show(value)


def _default(setting: Setting) -> str:
    return '""' if setting.default is None else setting.kind.show(setting.default)


_PREFACE = """\
# Settings

The names, values and defaults are PostgREST's. A setting is looked for in this order, and the
first place that has it wins:

1. the command line, for the few settings that have an option;
2. the database, unless `db-config` is false: `alter role authenticator in database shop set
   pgrst.db_max_rows = '1000'`, then `alter role authenticator set …`, then what the function
   named by `db-pre-config` sets;
3. the environment: `PASSEPLAT_DB_MAX_ROWS`, then `PGRST_DB_MAX_ROWS`;
4. the file: PostgREST's format (`db-max-rows = 1000`, `db-schemas = "v1, v2"`, `#` begins a
   comment, in text a dollar is written `$$` and `$(NAME)` is an environment variable), or TOML
   if its name ends in `.toml` (`db_max_rows = 1000`, `db-schemas = ["v1", "v2"]`; tables other
   than `app.settings` are ignored).

A value that is empty, or a number or boolean that cannot be read as one, counts as not set;
names that do not exist are ignored, except at the top of a TOML file, where they are errors.
"""

_NOTES = {
    "jwt-secret": """\
A secret verifies HS256, with 48 bytes or more HS384 and with 64 or more HS512. A JWK or JWKS
verifies what its keys can: HS256/384/512 (`oct`), RS256/384/512 and PS256/384/512 (`RSA`, 2048
bits or more), ES256/384/512 (`EC`), EdDSA (`OKP`, Ed25519); less if a key has `alg`, nothing if
its `use` or `key_ops` say so. The algorithm a token names is only ever compared with these. A
token with a `kid` is verified by the key of that `kid` alone, one without by any key. PEM is
refused: taken as a secret, a public key would let everyone sign.

Only `Authorization: Bearer …` carries a token. The header `apikey`, which supabase-js also
sends, is ignored, and a bearer that is not a token (such as `sb_publishable_…`) is answered with
401.
""",
    "jwt-role-claim-key": """\
Names, indexes, slices, wildcards, descendants and filters are read as RFC 9535 says; in
`search(value, "pattern")` the pattern is a Python regular expression. The first node found is
the role; text as it is, anything else as JSON. Nothing found is `db-anon-role`.

The older syntax is still read, with a warning that shows the new.

| before | now |
|---|---|
| `.roles."my key"[0]` | `$.roles["my key"][0]` |
| `.roles[?(@ == "x")]` | `$.roles[?@ == "x"]` |
| `.roles[?(@ != "x")]` | `$.roles[?@ != "x"]` |
| `.roles[?(@ ^== "x")]` | `$.roles[?search(@, "^x")]` |
| `.roles[?(@ ==^ "x")]` | `$.roles[?search(@, "x$")]` |
| `.roles[?(@ *== "x")]` | `$.roles[?search(@, "x")]` |
""",
    "db-anon-role": """\
`none` and names that begin with `pg_` are refused, here as in tokens: to PostgreSQL the role
`none` is the login itself.
""",
}


def _section(setting: Setting) -> str:
    note = f"\n{_NOTES[setting.key]}" if setting.key in _NOTES else ""
    facts = "".join(f"- {fact}\n" for fact in _facts(setting))
    return f"## {setting.key}\n\n{setting.help}\n\n{facts}{note}"


def _facts(setting: Setting) -> Iterator[str]:
    yield f"Value: {setting.kind.name}"
    yield f"Default: {'none' if setting.default is None else f'`{_default(setting)}`'}"
    yield f"Environment: `PASSEPLAT_{setting.field.upper()}`, `PGRST_{setting.field.upper()}`"
    if setting.database:
        yield f"Database: `pgrst.{setting.field}`"
    yield f"Changed by: {'a reload' if setting.reloadable else 'a restart'}"
    if setting.alias is not None:
        yield f"Also: `{setting.alias}`"


def _app_section() -> str:
    return f"""\
## {APP_SETTINGS}*

{APP_SETTING.help}

- Value: text
- Environment: `PASSEPLAT_APP_SETTINGS_x`, `PGRST_APP_SETTINGS_x`; the case of x is kept
- Changed by: a reload
"""
