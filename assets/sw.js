// Shows what the server pushes, and leads from there to the room. It is asked for nothing else.
addEventListener('push', event => {
  const { title, body, tag, path } = event.data.json();
  // One for a room: the newer takes the place of the older, and is heard again.
  event.waitUntil(registration.showNotification(title, { body, tag, renotify: true, data: path }));
});

const show = async path => {
  const windows = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = windows.find(({ url }) => new URL(url).pathname === path);
  await (there ? there.focus() : clients.openWindow(path));
};
addEventListener('notificationclick', event => {
  event.notification.close();
  event.waitUntil(show(event.notification.data));
});

// The push service wants another address.
const anew = async ({ oldSubscription, newSubscription }) => {
  const applicationServerKey = oldSubscription?.options.applicationServerKey ?? await (await fetch('/push')).text();
  const subscription = newSubscription
    ?? await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  const { endpoint, keys } = subscription.toJSON();
  await fetch('/push', { method: 'POST', body: new URLSearchParams({ endpoint, ...keys }) });
};
addEventListener('pushsubscriptionchange', event => event.waitUntil(anew(event)));
