# make dev | test | check | bench | docs: each brings its own virtual environment, as root or not.
