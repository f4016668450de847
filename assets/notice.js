// Being told of a room's messages while it is not open: fetched by room.js when somebody chooses,
// for a browser asks its user only right after a click or a key.
const worker = '/sw.js';
const policy = globalThis.trustedTypes?.createPolicy('notice', { createScriptURL: () => worker });

class Told extends Error {}

const ask = async (address, fields) => {
  const answer = await fetch(address, fields && { method: 'POST', body: new URLSearchParams(fields) });
  if (!answer.ok) throw new Told(await answer.text());
  return answer.text();
};

const subscribe = async told => {
  if (!globalThis.isSecureContext || !('serviceWorker' in navigator) || !('PushManager' in globalThis)) {
    throw new Told(told.missing);
  }
  if (await Notification.requestPermission() !== 'granted') throw new Told(told.refused);
  await navigator.serviceWorker.register(policy ? policy.createScriptURL('') : worker);
  const { pushManager } = await navigator.serviceWorker.ready;
  const applicationServerKey = await ask('/push');
  const options = { userVisibleOnly: true, applicationServerKey };
  // Under another server's key, of a file that was here before, it must go first.
  const subscription = await pushManager.subscribe(options).catch(async error => {
    const old = await pushManager.getSubscription();
    if (!await old?.unsubscribe()) throw error;
    return pushManager.subscribe(options);
  });
  const { endpoint, keys } = subscription.toJSON();
  await ask('/push', { endpoint, ...keys });
};

export const choose = async (form, what) => {
  const told = form.querySelector('[role=status]');
  told.textContent = '';
  form.ariaBusy = 'true';
  try {
    if (what !== 'off') await subscribe(form.dataset);
    await ask(form.action, { what });
    for (const button of form.querySelectorAll('button')) button.ariaPressed = String(button.value === what);
  } catch (error) {
    told.textContent = error instanceof Told ? error.message : form.dataset.failed;
  }
  form.ariaBusy = 'false';
};
