"""How much of anything a request may ask for, whatever the settings: beyond, it is refused with a
400 before it costs."""

MAX_PARAMETERS = 2_000
MAX_ITEMS = 5_000  # of one select, order or logic tree
MAX_DEPTH = 64  # of embeds, of parentheses in logic, of steps into JSON
MAX_EXPLAINED = 1_000  # characters: longer texts are refused without saying what was expected
MAX_MEDIA_TYPES = 100  # of one Accept: the rest is not looked at

MAX_ROWS = 1_000_000  # of one body
MAX_FIELDS = 10_000  # of one form
MAX_VALUES = 1_000_000  # in JSON that is decoded, so that a body of commas does not fill the memory
MAX_MARKS = 2_000_000  # quotes and braces of one long JSON object, which is passed over
MAX_JSON_DEPTH = 64
