// What a person does from the menu of a tab, and no page may do itself.
const newestAt = async (address) => {
  const tabs = await chrome.tabs.query({});
  return tabs.filter((tab) => tab.url === address).sort((a, b) => b.id - a.id)[0];
};

self.duplicate = async (address) => chrome.tabs.duplicate((await newestAt(address)).id);
self.reopen = async () => {
  while (!(await chrome.sessions.getRecentlyClosed()).length) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return chrome.sessions.restore();
};
self.reload = async (address) => chrome.tabs.reload((await newestAt(address)).id);
