# make run    build and serve the demo wiki on http://127.0.0.1:8080
# make test   formatting, lints, architecture, every test; installs a browser where it can
# make bench  speed, as ratios to plain yardsticks
# make fuzz   feeds the markup grammar nonsense for ten minutes
.PHONY: run test lint browser bench fuzz

run:
	cargo run --release --locked -- serve --data data/ --demo

# Debian's chromium and its driver; elsewhere the browser tests are left out, and it is said.
HAVE_BROWSER = command -v chromium >/dev/null && command -v chromedriver >/dev/null

test: lint browser
	@if $(HAVE_BROWSER); then \
	  cargo test --locked; \
	else \
	  echo "SKIPPING every test in a browser: chromium and chromedriver are not here and could not be installed."; \
	  BACKCHANNEL_NO_BROWSER=1 cargo test --locked; \
	fi

lint:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

browser:
	@$(HAVE_BROWSER) || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
	  apt-get update -q && DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -q --no-install-recommends chromium chromium-driver; } || true

# Ten thousand streams are ten thousand open files, on either side.
bench:
	ulimit -n $$(ulimit -H -n) && cargo bench --locked --bench '*'

fuzz:
	fuzz/run 600
