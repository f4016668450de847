// What a room's window does beyond htmx: the box to write in keeps every text until the server
// has it; the log stays short; the title counts what is unread; and the window ends when told.
(() => {
  const $ = id => document.getElementById(id);
  const room = $('room'), log = $('log'), scroll = $('scroll'), jump = $('jump');
  const form = $('composer'), box = $('box'), error = $('error'), title = document.title;
  const isEnter = event => event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229;

  // ---- drafts: one in the box; those that are on their way, or did not get through, are lines
  // under the log. All are kept over a reload or a log-in.
  const reply = $('reply'), answered = () => form.elements.namedItem('reply_to')?.value;
  if (form) {
    const key = form.dataset.draft, lines = $('pending'), told = $('told'), flying = new Map();
    const nonce = form.elements.namedItem('nonce');
    // In the order in which they were sent.
    let drafts = [];
    // Not randomUUID, which plain http does not have.
    const fresh = () => crypto.getRandomValues(new Uint32Array(4)).join('-');
    const save = () => {
      const unsent = drafts.map(({ body, nonce, answers }) => ({ body, nonce, answers }));
      const kept = { body: box.value, nonce: nonce.value, answers: answered(), unsent };
      try {
        if (kept.body || unsent.length) sessionStorage.setItem(key, JSON.stringify(kept));
        else sessionStorage.removeItem(key);
      } catch { /* No place to keep it: this window still has it. */ }
    };
    const load = () => {
      try {
        return JSON.parse(sessionStorage.getItem(key)) ?? {};
      } catch {
        return {};
      }
    };

    // What the draft answers goes with it, and comes back with it.
    const answer = (...quoted) => { reply.replaceChildren(...quoted); save(); };
    const quote = ({ answers, quoted }) => {
      if (!answers || reply.firstChild) return;
      if (quoted?.length) answer(...quoted);
      else htmx.ajax('GET', `${location.pathname}/messages/${answers}/reply`, { target: '#reply', swap: 'innerHTML' });
    };
    // The event comes from whatever asked: the link in the log, or the window as it opens.
    room.addEventListener('htmx:after:swap', ({ target }) => {
      if (target !== reply && !target.matches('.reply')) return;
      box.focus();
      save();
    });
    reply.addEventListener('click', event => {
      if (!event.target.closest('.cancel')) return;
      event.preventDefault();
      answer();
      box.focus();
    });

    for (const type of ['input', 'change']) box.addEventListener(type, save);
    box.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !event.isComposing) answer();
      if (!isEnter(event)) return;
      event.preventDefault();
      if (box.value.trim()) form.requestSubmit();
    });
    const drop = draft => {
      drafts = drafts.filter(other => other !== draft);
      draft.line?.remove();
      save();
    };
    const toBox = draft => {
      // Sent again unchanged it is the same message; with something typed since, another one.
      if (!box.value) nonce.value = draft.nonce;
      box.value = [draft.body, box.value].filter(text => text.trim()).join('\n');
      quote(draft);
      save();
    };
    const lineOf = draft => {
      const line = $('unsent').content.firstElementChild.cloneNode(true);
      const fields = line.querySelector('form').elements;
      line.querySelector('p').textContent = draft.body;
      for (const [name, value] of [['body', draft.body], ['nonce', draft.nonce], ['reply_to', draft.answers ?? '']]) {
        fields.namedItem(name).value = value;
      }
      line.querySelector('.back').onclick = () => { drop(draft); toBox(draft); box.focus(); };
      line.querySelector('.discard').onclick = () => { drop(draft); box.focus(); };
      const next = drafts.slice(drafts.indexOf(draft)).find(other => other.line);
      lines.insertBefore(line, next?.line ?? null);
      htmx.process(line);
      return line;
    };
    // On its way, and a slow answer is waited for in sight; or not sent, and why.
    const show = (draft, why) => {
      draft.line ??= lineOf(draft);
      draft.line.toggleAttribute('data-failed', !!why);
      draft.line.querySelector('.why').textContent = why ?? lines.dataset.sending;
    };

    const { unsent = [], ...kept } = load();
    if (kept.body) {
      if (!box.value) [box.value, nonce.value] = [kept.body, kept.nonce];
      quote(kept);
    }
    drafts.push(...unsent);
    for (const draft of unsent) show(draft, lines.dataset.unsent);

    room.addEventListener('htmx:config:request', ({ detail: { ctx } }) => {
      const again = drafts.find(({ line }) => line?.contains(ctx.sourceElement));
      if (!again && ctx.sourceElement !== form) return;
      const { body, nonce: id, reply_to: answers } = Object.fromEntries(ctx.request.body);
      const draft = again ?? { body, nonce: id, answers, quoted: [...reply.children] };
      if (again) {
        show(draft);
        box.focus();
      } else {
        // The body is collected: what is typed from here on is the next message, with its own nonce.
        drafts.push(draft);
        reply.replaceChildren();
        [box.value, nonce.value] = ['', fresh()];
        save();
      }
      error.textContent = told.textContent = '';
      flying.set(ctx, draft);
      draft.timer = setTimeout(show, 400, draft);
    });
    room.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
      const draft = flying.get(ctx), status = ctx.response?.status ?? 0;
      if (!draft || !flying.delete(ctx)) return;
      clearTimeout(draft.timer);
      if (status && status < 400) return drop(draft);
      // The same may be taken another time; or it will never be, and wants another text.
      if ([0, 401, 429].includes(status) || status >= 500) {
        show(draft, told.textContent.trim() || lines.dataset.unsent);
        if (!told.textContent) told.textContent = told.dataset.unsent;
        scroll.scrollTop = 0;
      } else {
        drop(draft);
        toBox(draft);
        if (!error.textContent) error.textContent = error.dataset.unsent;
      }
    });
  }

  // ---- files: chosen, dropped or pasted; what comes together is one message
  if (form) {
    const upload = $('upload'), said = upload.querySelector('[role=status]'), chooser = $('files');
    const [bar, retry, cancel] = upload.querySelectorAll('progress, button');
    const send = (files, nonce, answers, quoted, done) => {
      const request = new XMLHttpRequest(), body = new FormData();
      const show = (text, failed) => {
        [upload.hidden, said.textContent, bar.hidden, retry.hidden] = [!text, text, failed, !failed];
        upload.toggleAttribute('data-error', failed);
      };
      body.set('nonce', nonce);
      body.set('reply_to', answers ?? '');
      for (const file of files) body.append('file', file);
      retry.onclick = () => send(files, nonce, answers, quoted, done);
      cancel.onclick = () => {
        request.onloadend = null;
        request.abort();
        show('', false);
        if (!reply.firstChild) reply.replaceChildren(...quoted);
        done();
      };
      request.upload.onprogress = event => { bar.value = event.loaded / event.total; };
      request.onloadend = () => {
        if (request.status && request.status < 400) { show('', false); scroll.scrollTop = 0; done(); }
        else show(request.responseText.trim() || upload.dataset.failed, true);
      };
      bar.value = 0;
      show(files.map(file => file.name).join(', '), false);
      request.open('POST', $('attach').formAction);
      request.send(body);
    };
    let before = Promise.resolve();
    const take = list => {
      const files = [...list], large = files.find(file => file.size > upload.dataset.limit);
      error.textContent = large ? upload.dataset.tooLarge.replace('%', large.name) : '';
      if (files.length && !large) {
        const nonce = crypto.getRandomValues(new Uint32Array(4)).join('-');
        const answers = answered(), quoted = [...reply.children];
        reply.replaceChildren();
        box.dispatchEvent(new Event('change'));
        before = before.then(() => new Promise(done => send(files, nonce, answers, quoted, done)));
      }
    };
    $('attach').addEventListener('click', event => { event.preventDefault(); chooser.click(); });
    chooser.addEventListener('change', () => { take(chooser.files); chooser.value = ''; });
    form.addEventListener('htmx:config:request', ({ detail: { ctx } }) => ctx.request.body.delete('file'));
    box.addEventListener('paste', event => {
      // From a spreadsheet comes text, and a picture of it too.
      if (event.clipboardData.types.includes('text/plain') || !event.clipboardData.files.length) return;
      event.preventDefault();
      take(event.clipboardData.files);
    });
    const drag = event => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      room.toggleAttribute('data-drop', event.type === 'dragover');
      if (event.type === 'drop') take(event.dataTransfer.files);
    };
    for (const type of ['dragover', 'dragleave', 'drop']) room.addEventListener(type, drag);
  }

  // ---- names: after an @ the list over a box offers who can be meant
  const complete = (box, names) => {
    const typed = () => box.selectionStart === box.selectionEnd
      ? /(?:^|[^\p{L}\p{N}\p{M}_./@-])@([\p{L}\p{N}\p{M}._-]{0,64})$/u.exec(box.value.slice(0, box.selectionEnd))?.[1] : undefined;
    const chosen = () => names.querySelector('[aria-selected=true]');
    const point = option => {
      chosen()?.setAttribute('aria-selected', 'false');
      option.setAttribute('aria-selected', 'true');
      box.setAttribute('aria-activedescendant', option.id);
    };
    const shut = () => {
      names.hidden = true;
      names.replaceChildren();
      box.removeAttribute('aria-activedescendant');
    };
    const look = () => typed() === undefined ? shut() : htmx.trigger(names, 'look');
    const take = option => {
      box.setRangeText(`@${option.dataset.name} `, box.selectionEnd - typed().length - 1, box.selectionEnd, 'end');
      shut();
      box.dispatchEvent(new Event('input'));
    };
    names.addEventListener('htmx:config:request', ({ detail: { ctx } }) => ctx.request.body.set('q', typed() ?? ''));
    names.addEventListener('htmx:after:swap', () => {
      const first = typed() !== undefined && names.firstElementChild;
      names.hidden = !first;
      if (first) point(first); else shut();
    });
    names.addEventListener('mousedown', event => {
      event.preventDefault();
      const option = event.target.closest('[role=option]');
      if (option && typed() !== undefined) take(option);
    });
    // Composed text (kana, pinyin) is looked for as it grows; its keys are the composer's own.
    for (const type of ['input', 'compositionend', 'click']) box.addEventListener(type, look);
    box.addEventListener('blur', shut);
    box.addEventListener('keydown', event => {
      const option = chosen();
      if (names.hidden || !option || event.isComposing || event.keyCode === 229 || event.shiftKey) return;
      if (event.key === 'ArrowDown') point(option.nextElementSibling ?? names.firstElementChild);
      else if (event.key === 'ArrowUp') point(option.previousElementSibling ?? names.lastElementChild);
      else if (event.key === 'Escape') shut();
      // A name that is typed to its end is chosen already: Enter sends.
      else if (event.key === 'Enter' && option.dataset.name === typed()) return shut();
      else if (event.key === 'Enter' || event.key === 'Tab') take(option);
      else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    }, true);
  };
  if (form) complete(box, $('names'));

  // ---- rewriting: the form stands in the message's place; keys as in the composer
  let rewriting = false;
  log.addEventListener('keydown', event => {
    const rewrite = event.target.closest('.rewrite');
    if (!rewrite || event.target.localName !== 'textarea') return;
    if (isEnter(event)) rewrite.requestSubmit();
    else if (event.key === 'Escape' && !event.isComposing) rewrite.querySelector('.cancel').click();
    else return;
    event.preventDefault();
  });
  log.addEventListener('focusin', ({ target }) => {
    if (!target.closest('.rewrite') || target.dataset.begun !== undefined || !target.setSelectionRange) return;
    target.dataset.begun = '';
    complete(target, target.form.querySelector('.names'));
    rewriting = true;
    target.setSelectionRange(target.value.length, target.value.length);
    target.scrollIntoView({ block: 'nearest' });
  });
  // When the form is gone the keys go to the box again.
  log.addEventListener('htmx:after:swap', () => {
    if (!rewriting || log.querySelector('.rewrite')) return;
    rewriting = false;
    if (document.activeElement === document.body) box?.focus();
  });
  box?.addEventListener('keydown', event => {
    if (event.key !== 'ArrowUp' || box.value || event.isComposing) return;
    const own = [...log.children].filter(item => item.dataset.author === room.dataset.author && !('removed' in item.dataset));
    const edit = own.at(-1)?.querySelector('.edit');
    if (!edit) return;
    event.preventDefault();
    edit.click();
  });

  // ---- reactions: the picker opens beside the message that it was asked for
  const picker = $('picker');
  log.addEventListener('htmx:after:swap', ({ target }) => {
    if (picker && target.matches('.react')) picker.showPopover({ source: target });
  });
  picker?.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
    if (ctx.response?.status < 400 && ctx.sourceElement.localName === 'form') picker.hidePopover();
  });
  $('react')?.addEventListener('htmx:config:request', () => { error.textContent = ''; picker.hidePopover(); });

  // ---- the topic: its form stands in the panel until it is saved or given up
  const topic = $('topic-form');
  if (topic) {
    topic.addEventListener('click', event => { if (event.target.closest('.cancel')) topic.replaceChildren(); });
    topic.addEventListener('keydown', event => {
      if (event.key !== 'Escape' || event.isComposing) return;
      event.preventDefault(); // or the panel would close with it
      topic.replaceChildren();
    });
    topic.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
      if (!ctx.response && $('topic-error')) $('topic-error').textContent = topic.dataset.unsent;
    });
    // When the form is gone the focus goes back to where it came from.
    new MutationObserver(() => {
      topic.querySelector('input')?.setSelectionRange(999, 999);
      if (!topic.firstElementChild && document.activeElement === document.body) topic.previousElementSibling.focus();
    }).observe(topic, { childList: true });
  }

  // What a reply quotes, or is pinned, is shown in the log, where it is there.
  room.addEventListener('click', event => {
    const quoted = $('m' + event.target.closest('[data-mid]')?.dataset.mid);
    if (!quoted || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    $('panel').hidePopover();
    location.replace('#' + quoted.id);
    quoted.scrollIntoView({ block: 'center' });
  });

  // ---- the log: at most 300 messages, but never under the eyes of a reader who has scrolled up
  const position = item => Number(item?.dataset?.position);
  const atBottom = () => scroll.scrollTop > -40; // a reversed column counts upwards from 0
  let newest = position(log.lastElementChild) || 0, unread = 0, following = true;
  const line = item => {
    log.querySelector('[data-unread]')?.removeAttribute('data-unread');
    item.dataset.unread = log.dataset.unread;
  };
  // What a visible window has shown is read, in every window of the account: told now and then,
  // and when the reader turns away; not before htmx is there to hear of it.
  const mark = $('read');
  let live = false, seen = 0, sent = 0, rest = 0;
  const tell = () => {
    if (!document.hidden && atBottom()) seen = newest;
    if (!mark || !live || seen <= sent || !document.hidden && Date.now() < rest) return;
    mark.elements.namedItem('seq').value = sent = seen;
    rest = Date.now() + 4000;
    mark.dispatchEvent(new Event('read'));
  };
  // What is told on the way out arrives all the same.
  mark?.addEventListener('htmx:config:request', ({ detail: { ctx } }) => { ctx.request.keepalive = true; });
  const show = () => {
    tell();
    document.title = unread ? `(${unread}) ${title}` : title;
    jump.hidden = atBottom();
    jump.classList.toggle('unread', unread > 0);
    jump.firstElementChild.textContent = unread || '';
  };
  const read = () => {
    if (!document.hidden && atBottom()) unread = 0;
    show();
  };
  // Where this account left off; it may stand in what is still to be looked back at.
  const first = 'm' + log.dataset.first;
  if ($(first)) line($(first));
  new MutationObserver(changes => {
    // Before anything asks where the log stands: the browser may hold on to what it showed.
    if (following) scroll.scrollTop = 0;
    for (const item of changes.flatMap(change => [...change.addedNodes])) {
      if (item.id === first && !log.querySelector('[data-unread]')) line(item);
      if (!(position(item) > newest)) continue; // older, or the same again after an edit
      newest = position(item);
      if (item.dataset.author === room.dataset.author || !(document.hidden || !atBottom())) continue;
      if (!unread++) line(item);
    }
    while (log.children.length > 300 && atBottom()) log.firstElementChild.remove();
    show();
  }).observe(log, { childList: true });
  // What the log shows as it is, is not put into it again, or a screen reader would hear it twice:
  // one's own message comes by its answer and by the stream.
  const isShown = item => {
    const shown = $(item.id), body = of => of.querySelector('.body')?.innerHTML;
    return shown && shown.textContent === item.textContent && body(shown) === body(item);
  };
  room.addEventListener('htmx:before:swap', ({ detail: { tasks } }) => {
    for (const { swapSpec, fragment } of tasks) {
      if (swapSpec?.style === 'upsert') for (const item of [...fragment.children]) if (isShown(item)) item.remove();
    }
  });
  scroll.addEventListener('scroll', () => {
    if (scroll.scrollTop > 0) scroll.scrollTop = 0; // a part of a pixel beyond the end
    following = atBottom();
    read();
  }, { passive: true });
  document.addEventListener('visibilitychange', read);
  jump.addEventListener('click', () => { scroll.scrollTop = 0; (box ?? scroll).focus(); });

  // Older history goes on from whatever stands at the top by now; and it is no news to be read out.
  for (const [type, live] of [['before', 'off'], ['finally', 'polite']]) {
    $('older').addEventListener(`htmx:${type}:swap`, () => { log.parentElement.ariaLive = live; });
  }
  $('older').addEventListener('htmx:config:request', event => {
    const first = log.firstElementChild;
    if (first) event.detail.ctx.request.body.set('before', first.id.slice(1));
    else event.preventDefault();
  });

  // ---- what is done in the log (an edit, a reaction, a removal) and gets no answer; not what was
  // given up: a removal that was thought better of, names for a word that goes on.
  const unreached = error?.dataset.unreached;
  for (const place of error ? [log, $('react'), picker] : []) {
    const told = () => place === picker ? $('picker-wrong') : error;
    place.addEventListener('htmx:error', ({ detail: { ctx } }) => {
      if (!ctx || ctx.response || ctx.sourceElement.matches('.names')) return;
      told().textContent = unreached;
    });
    // Tried again, it is no longer so.
    place.addEventListener('htmx:config:request', () => {
      if (told()?.textContent === unreached) told().textContent = '';
    });
  }

  // ---- the list of keys: a question mark that nobody is typing
  document.addEventListener('keydown', event => {
    if (event.key !== '?' || event.target.closest('input, textarea, select, dialog')) return;
    event.preventDefault();
    $('keys').showModal();
  });

  // ---- who looks: a window tells when it is turned away from or back to. Its number goes with
  // all that it asks, so that its stream and its word about itself are of one window.
  // Where the browser has six connections for all its windows (HTTP/1.1), their numbers have the
  // upper half in common, so that the server leaves some of the six free.
  const random = () => 1 + crypto.getRandomValues(new Uint16Array(1))[0] % 65535;
  const common = () => {
    if (/^h[23]/.test(performance.getEntriesByType('navigation')[0]?.nextHopProtocol)) return 0;
    try { return +(localStorage.connections ??= random()); } catch { return 1; }
  };
  const number = common() * 65536 + random();
  let hiddenAt = Date.now();
  const word = (what, fields) => fetch(`${location.pathname}/${what}`, {
    method: 'POST', body: new URLSearchParams(fields), keepalive: true,
  }).catch(() => {}); // the stream says what is wrong
  const glance = () => {
    if (!$('stream') || !room.dataset.author) return;
    const ago = document.hidden ? Math.floor((Date.now() - hiddenAt) / 1000) : 0;
    word('presence', { window: number, state: document.visibilityState, ago });
  };
  document.addEventListener('visibilitychange', () => { hiddenAt = Date.now(); glance(); });
  room.addEventListener('htmx:config:request', ({ detail: { ctx } }) => { ctx.request.headers.Window = number; });
  // A stream that begins is taken to be looked at.
  room.addEventListener('htmx:sse:after:connection', () => { if (document.hidden) glance(); });

  // ---- who types: told now and then while the box changes, and when it is empty again; never
  // what. Sent, it is the server that knows.
  let typedAt = 0;
  box?.addEventListener('input', () => {
    const some = box.value.trim(), now = Date.now();
    if (some ? now - typedAt < 4000 : !typedAt) return;
    word('typing', { state: some ? 'begin' : 'stop' }).then(answer => {
      // Who may not write just now need not be asked again at once.
      if (answer && !answer.ok) typedAt = Date.now() + 60000;
    });
    typedAt = some ? now : 0;
  });
  form?.addEventListener('htmx:config:request', ({ detail: { ctx } }) => {
    if (ctx.sourceElement === form) typedAt = 0;
  });

  // ---- notices: what they need is fetched when somebody chooses
  $('notices')?.addEventListener('submit', async event => {
    event.preventDefault();
    const { choose } = await import(event.target.dataset.script);
    choose(event.target, event.submitter.value);
  });

  // ---- the stream
  const end = () => {
    if (box?.value) [$('kept').value, $('kept').hidden] = [box.value, false];
    for (const id of ['dog', 'stream', 'composer', 'older', 'offline', 'read', 'typing']) $(id)?.remove();
    // Who is here now, this window is not told any more.
    $('people').closest('section').hidden = true;
    room.dataset.ended = '';
    $('notice').hidden = false;
  };
  room.addEventListener('ended', end);
  room.addEventListener('reload', () => location.reload());
  // It says something as soon as it is there. Where nothing comes it is held back on the way, or was
  // refused, and the window asks by itself: soon after it opened, later where all windows of a server
  // that was away come back at once. A server that is gone is not asked beside.
  let doubt;
  const ask = () => {
    const dog = $('dog');
    if (!dog) return;
    dog.elements.alive.value = 0;
    dog.dispatchEvent(new Event('again'));
  };
  const wait = patience => {
    clearTimeout(doubt);
    doubt = setTimeout(ask, patience);
  };
  wait(1000);
  room.addEventListener('htmx:sse:before:connection', ({ detail: { connection } }) => {
    if (connection.attempt < 2) wait(connection.attempt ? 3000 : 1000);
  });
  room.addEventListener('htmx:sse:error', ({ detail: { status } }) => {
    room.dataset.offline = '';
    if (status !== 429) clearTimeout(doubt);
  });
  // It was locked, closed or renamed, or something expired, when no stream was there to say so.
  const state = $('state').textContent;
  const compare = () => {
    const expired = position(log.firstElementChild) < Number($('first')?.value);
    if (expired || $('state').textContent !== state) location.reload();
  };
  room.addEventListener('htmx:sse:after:message', () => {
    room.removeAttribute('data-offline');
    clearTimeout(doubt);
    // There is no connection to spare for a stream. Not at once: a message defers what is asked.
    if ($('alive').hasAttribute('data-crowded')) setTimeout(ask);
    live = true;
    tell();
    compare();
  });
  $('dog').addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
    const status = ctx.response?.status ?? 0;
    if (status === 401 || status === 404) return end();
    live = true;
    tell();
    room.toggleAttribute('data-offline', !(status && status < 400));
    compare();
  });
})();
