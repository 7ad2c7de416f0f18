"""The icons: one drawing of 20 by 20 each, stroked in the colour of the text beside it."""

ICONS = {
    "activity": (
        '<path d="M4.5 4.5v11"/><circle cx="4.5" cy="5" r="1.3"/><circle cx="4.5" cy="10" r="1.3"/><circl'
        'e cx="4.5" cy="15" r="1.3"/><path d="M8.5 5H17M8.5 10h6M8.5 15h7.5"/>'
    ),
    "add": '<path d="M10 4v12M4 10h12"/>',
    "analytics": '<path d="M3 16.8h14"/><path d="M5 14v-3.5M9 14V7M13 14V9.5M17 14V4"/>',
    "arrange": (
        '<rect x="3.5" y="3.5" width="5" height="5" rx="1"/><rect x="11.5" y="3.5" width="5" height="5" r'
        'x="1"/><rect x="3.5" y="11.5" width="5" height="5" rx="1"/><rect x="11.5" y="11.5" width="5" hei'
        'ght="5" rx="1"/>'
    ),
    "arrow": '<path d="M4 10h12M11.5 5.5 16 10l-4.5 4.5"/>',
    "bad": '<circle cx="10" cy="10" r="7"/><path d="m7.5 7.5 5 5M12.5 7.5l-5 5"/>',
    "bell": '<path d="M5 13.5V9a5 5 0 0 1 10 0v4.5l1.5 1.5h-13z"/><path d="M8.5 17.3h3"/>',
    "champion": '<path d="M3.5 6.5 6 13.5h8l2.5-7-4 3L10 4.5 7.5 9.5z"/><path d="M6 16.5h8"/>',
    "chevron": '<path d="m7.5 4.5 5.5 5.5-5.5 5.5"/>',
    "clock": '<circle cx="10" cy="10" r="7"/><path d="M10 6v4.2l2.8 1.8"/>',
    "close": '<path d="m5 5 10 10M15 5 5 15"/>',
    "down": '<path d="m4.5 7.5 5.5 5.5 5.5-5.5"/>',
    "download": '<path d="M10 3v9M6 8.5l4 4 4-4M4 16.5h12"/>',
    "edit": '<path d="m4 16 .8-3.3 8.7-8.7 2.5 2.5-8.7 8.7z"/>',
    "energy": '<path d="M11.2 2.5 4.8 11.2h4.4l-.8 6.3 6.8-9h-4.6z"/>',
    "good": '<circle cx="10" cy="10" r="7"/><path d="m6.8 10.3 2.2 2.3 4.2-5"/>',
    "hashing": '<circle cx="10" cy="10" r="7"/><path d="M5.8 10.3h1.9l1.3-3 2 5.4 1.3-2.4h1.9"/>',
    "home": (
        '<path d="M3 9.4 10 3.5l7 5.9"/><path d="M5 8.2V16.5h10V8.2"/><path d="M8 16v-3.5M10 16v-5.5M12 16v-3"/>'
    ),
    "idle": '<circle cx="10" cy="10" r="7"/><path d="M8.2 7.5v5M11.8 7.5v5"/>',
    "info": '<circle cx="10" cy="10" r="7"/><path d="M10 9v4.5M10 6.3v.1"/>',
    "lock": '<rect x="4.5" y="9" width="11" height="7.5" rx="1.8"/><path d="M7 9V6.5a3 3 0 0 1 6 0V9"/>',
    "luck": (
        '<rect x="3.5" y="3.5" width="13" height="13" rx="2.5"/>'
        '<path d="M7 7v.1M13 7v.1M10 10v.1M7 13v.1M13 13v.1" stroke-width="2.2"/>'
    ),
    "miners": (
        '<rect x="5" y="5" width="10" height="10" rx="2"/><path d="M8 8.2h4v3.6H8zM8 2.5V5M12 2.5V5M8 15v'
        '2.5M12 15v2.5M2.5 8H5M2.5 12H5M15 8h2.5M15 12h2.5"/>'
    ),
    "mode": '<path d="M5 3v6M5 13v4M10 3v2M10 9v8M15 3v8M15 15v2"/><path d="M3 11h4M8 7h4M13 13h4"/>',
    "more": (
        '<circle cx="4.5" cy="10" r="1.2"/><circle cx="10" cy="10" r="1.2"/><circle cx="15.5" cy="10" r="1.2"/>'
    ),
    "off": '<path d="M10 3v6.5"/><path d="M6.3 5.4a6.5 6.5 0 1 0 7.4 0"/>',
    "overheated": (
        '<path d="M10 17.5c-3.3 0-5.3-2.2-5.3-5 0-2.4 1.5-3.8 2.6-5.4.8-1.2 1.2-2.7.9-4.6 2.4 1 4.1 3 4.3'
        ' 5.6.7-.5 1.1-1.2 1.2-2.1 1.2 1.6 1.9 3.7 1.6 6.5-.4 3-2.3 5-5.3 5z"/>'
    ),
    "person": '<circle cx="10" cy="7" r="3.2"/><path d="M4 16.5c.6-3 2.9-4.7 6-4.7s5.4 1.7 6 4.7"/>',
    "play": '<path d="M6.5 4.5v11l9-5.5z"/>',
    "plug": '<path d="M7 2.5V6M13 2.5V6M5 6h10v3.5a5 5 0 0 1-10 0zM10 14.5v3"/>',
    "pools": (
        '<ellipse cx="10" cy="5.2" rx="6" ry="2.4"/><path d="M4 5.2v4.8c0 1.3 2.7 2.4 6 2.4s6-1.1 6-2.4V5'
        '.2"/><path d="M4 10v4.8c0 1.3 2.7 2.4 6 2.4s6-1.1 6-2.4V10"/>'
    ),
    "restart": '<path d="M16 10a6 6 0 1 1-1.9-4.4"/><path d="M16.3 2.8v3.4h-3.4"/>',
    "scan": '<circle cx="10" cy="10" r="7"/><circle cx="10" cy="10" r="3"/><path d="M10 10 15 5.2"/>',
    "search": '<circle cx="9" cy="9" r="5.2"/><path d="m13 13 4 4"/>',
    "settings": (
        '<path d="M3 6h6M13 6h4M3 14h3M10 14h7"/><circle cx="11" cy="6" r="2"/><circle cx="8" cy="14" r="2"/>'
    ),
    "sort": '<path d="M3 5h14M5.5 10h9M8 15h4"/>',
    "stalled": '<path d="M10 3.2 17.3 16H2.7z"/><path d="M10 8v3.6M10 13.7v.1"/>',
    "starting": '<path d="M10 3a7 7 0 1 0 7 7"/><path d="M10 6.5a3.5 3.5 0 1 0 3.5 3.5"/>',
    "strategy": '<path d="M3 16.5h3.5v-3.5H10V9.5h3.5V6H17"/><path d="M14.5 3.5 17 6l-2.5 2.5"/>',
    "theme": '<circle cx="10" cy="10" r="6.8"/><path d="M10 3.2v13.6a6.8 6.8 0 0 0 0-13.6z" fill="currentColor"/>',
    "tick": '<path d="m4.5 10.5 3.8 3.8 7.2-8.3"/>',
    "undo": '<path d="M4.5 8H12a4 4 0 0 1 0 8H8M7.5 4.5 4 8l3.5 3.5"/>',
    "unknown": '<circle cx="10" cy="10" r="7"/><path d="M8 8a2 2 0 1 1 2.8 1.9c-.6.3-.8.7-.8 1.4M10 13.8v.1"/>',
    "unreachable": (
        '<path d="M8.3 6.6 10 4.9a3.3 3.3 0 0 1 4.7 4.7L13 11.3M11.7 13.4 10 15.1a3.3 3.3 0 0 1-4.7-4.7L7'
        ' 8.7"/><path d="m3.5 3.5 13 13"/>'
    ),
}
