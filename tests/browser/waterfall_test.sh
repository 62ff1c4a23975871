#!/bin/sh
# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Opens a page of --waterfall in a real Chromium, without a window, through
# ChromeDriver: what it shows, that the keyboard reaches all of it, light and
# dark. With GOFER_SCREENSHOTS=DIR it leaves pictures there, to be looked at.
set -u
# shellcheck source=tests/integration/cli_scene.sh
. "$(dirname "$0")/../integration/cli_scene.sh"
for program in chromium chromedriver curl jq; do
    command -v $program >/dev/null || skipped "there is no $program"
done
"$gofer" -q --waterfall /dev/null --help >/dev/null 2>&1 ||
    skipped 'there is no gofer command that draws'
session=
driver_pid=
end_browser() {
    [ -z "$session" ] || curl -s -X DELETE "$session" >/dev/null
    [ -z "$driver_pid" ] || kill "$driver_pid" 2>/dev/null
}
at_end=end_browser

# --- a page ------------------------------------------------------------------

serve_origin
"$gofer" -q -s -L -Z --waterfall plain.html "$url/hello" "$url/slow" "$url/twice" "$url/404" \
    "$url/empty" "$url/%3Cb%3E" "$url/slower" "$url/chunked" >out 2>err 9>&-

# Late binding is a matter of luck: the archive is given one, and no other.
sed -n '/<script type="application.json"/,/<\/script>/p' plain.html | sed '1d;$d' |
    jq -c '.log.entries[]._gofer |= (.lateBound = false | del(.ownDial)) | (.log.entries[] | select(.request.url | endswith("/chunked")) | ._gofer) +=
           {reused: true, lateBound: true, ownDial: [["connect", 0.1, 20], ["tls", 20, 40]]}' |
    sed 's/</\\u003c/g' >late.json
sed '/<script type="application.json"/,/<\/script>/{/script/!d}' plain.html |
    sed '/<script type="application.json"/r late.json' >page.html
entries=$(jq '.log.entries | length' <late.json)

# --- a browser ---------------------------------------------------------------

chromedriver --port=0 >driver.log 2>&1 &
driver_pid=$!
tries=0
while ! grep -q 'successfully on port' driver.log; do
    tries=$((tries + 1))
    if [ $tries -gt 600 ]; then
        echo "waterfall_test: FAILED: chromedriver does not start"
        cat driver.log
        exit 1
    fi
    sleep 0.1
done
driver=http://127.0.0.1:$(sed -n 's/.*successfully on port \([0-9]*\).*/\1/p' driver.log)

# ask METHOD PATH [JSON]: the value of the answer.
ask()
{
    curl -s -m 60 -X "$1" -H 'Content-Type: application/json' ${3:+-d} ${3:+"$3"} "$2" | jq -c .value
}

opened=$(ask POST "$driver/session" "$(jq -nc --arg dir "$work/profile" '{capabilities: {alwaysMatch:
    {"goog:loggingPrefs": {browser: "ALL"},
     "goog:chromeOptions": {binary: "/usr/bin/chromium", args: ["--headless", "--no-sandbox",
        "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--window-size=1280,800",
        ("--user-data-dir=" + $dir)]}}}}')")
id=$(echo "$opened" | jq -r '.sessionId // empty')
if [ -z "$id" ]; then
    echo "waterfall_test: FAILED: no session: $opened"
    exit 1
fi
session=$driver/session/$id

# js SCRIPT: what it returns.
js()
{
    ask POST "$session/execute/sync" "$(jq -nc --arg script "$1" '{script: $script, args: []}')"
}

# keys STRING...: presses each, a character or a code point of WebDriver's.
keys()
{
    actions=$(printf '%s\n' "$@" | jq -Rc '[., inputs] | [.[] | {type: "keyDown", value: .}, {type: "keyUp", value: .}]')
    ask POST "$session/actions" "{\"actions\":[{\"type\":\"key\",\"id\":\"k\",\"actions\":$actions}]}" >/dev/null
}
down=$(printf '\356\200\225') up=$(printf '\356\200\223') enter=$(printf '\356\200\207')
escape=$(printf '\356\200\214') last=$(printf '\356\200\220') tab=$(printf '\356\200\204')

# is NAME SCRIPT VALUE
is()
{
    got=$(js "$2")
    if [ "$got" = "$3" ]; then pass; else fail "$1" "$2" "wanted: $3" "got: $got"; fi
}

# picture NAME
picture()
{
    [ -n "${GOFER_SCREENSHOTS:-}" ] || return 0
    mkdir -p "$GOFER_SCREENSHOTS"
    ask GET "$session/screenshot" | tr -d '"' | base64 -d >"$GOFER_SCREENSHOTS/$1.png"
}

scheme()
{
    ask POST "$session/goog/cdp/execute" "{\"cmd\":\"Emulation.setEmulatedMedia\",\"params\":{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"$1\"}]}}" >/dev/null
}

ask POST "$session/url" "{\"url\":\"file://$work/page.html\"}" >/dev/null

# --- what it shows -----------------------------------------------------------

scheme light
is 'a row a round trip' 'return document.querySelectorAll(".row").length' "$entries"
is 'the facts' 'return document.querySelector("#facts div:nth-child(2) dd").textContent' "\"$entries\""
is 'late binding stands out' 'return [...document.querySelectorAll(".tag.late")].map(t => t.textContent.split(" ")[0])' '["late-bound"]'
is 'its own dial is drawn' 'return document.querySelectorAll(".phase.trace").length' 2
is 'failures are marked' 'return document.querySelectorAll(".row.failed .status").length >= 2' true
is 'what a server is sent is text only' 'return document.querySelectorAll("#rows b").length' 0
is 'every bar lies in its lane' 'return [...document.querySelectorAll(".phase")].every(p => { const a = p.getBoundingClientRect(), b = p.parentNode.getBoundingClientRect(); return a.left >= b.left - 1 && a.right <= b.right + 2; })' true
is 'a slow server is a long wait' 'const r = [...document.querySelectorAll(".row")].find(r => r.entry.request.url.endsWith("/slower")); const p = [...r.lane.children].filter(c => c.title.startsWith("wait"))[0]; return p.getBoundingClientRect().width > 0.5 * r.lane.getBoundingClientRect().width' true
is 'nothing is wider than the window' 'return document.documentElement.scrollWidth <= innerWidth' true
picture light

# --- the keyboard ------------------------------------------------------------

is 'one row is in the order of Tab' 'return document.querySelectorAll(".row[tabindex=\"0\"]").length' 1
keys "$tab" "$tab" "$tab" "$tab" "$tab" "$tab" "$tab"
is 'Tab reaches the first row' 'return [...document.querySelectorAll(".row")].indexOf(document.activeElement)' 0
keys "$down" "$down" "$up"
is 'the arrows move' 'return [...document.querySelectorAll(".row")].indexOf(document.activeElement)' 1
keys "$enter"
is 'Enter opens' 'return [document.activeElement.getAttribute("aria-expanded"), document.querySelectorAll(".more").length]' '["true",1]'
is 'what it opens tells the head' 'return document.querySelector(".more").textContent.includes("User-Agent")' true
picture open
keys "$last"
is 'End goes to the last row' 'const r = [...document.querySelectorAll(".row")]; return r.indexOf(document.activeElement) === r.length - 1' true
keys "$escape"
is 'Esc closes' 'return document.querySelectorAll(".more").length' 0
before=$(js 'return document.querySelector("#ticks span:last-child").textContent')
keys +
is '+ zooms in' "return document.querySelector('#ticks span:last-child').textContent !== $before" true
keys 0
is '0 shows all' 'return document.querySelector("#ticks span:last-child").textContent' "$before"
keys / / 4 0 4
is '/ finds' 'return [...document.querySelectorAll(".row .status")].map(s => s.textContent)' '["404"]'
is 'it is told' 'return document.querySelector("#told").textContent' "\"1 of $entries round trips\""
keys "$escape"
is 'Esc leaves the field' 'return document.activeElement === document.body' true
js 'document.querySelector("#find").value = ""; document.querySelector("#order").value = "conn"; document.querySelector("#order").dispatchEvent(new Event("change"))' >/dev/null
is 'by connection' 'const c = [...document.querySelectorAll(".row")].map(r => r.entry.connection || 0); return c.every((x, i) => i === 0 || +c[i - 1] <= +x)' true

# --- dark --------------------------------------------------------------------

scheme dark
is 'dark, as the system says' 'return getComputedStyle(document.body).backgroundColor' '"rgb(20, 23, 27)"'
picture dark
js 'document.querySelector("#theme").click()' >/dev/null
is 'light, as the button says' 'return getComputedStyle(document.body).backgroundColor' '"rgb(255, 255, 255)"'
js 'document.querySelector("#theme").click()' >/dev/null
is 'and dark again' 'return getComputedStyle(document.body).backgroundColor' '"rgb(20, 23, 27)"'

errors=$(ask POST "$session/se/log" '{"type":"browser"}' | jq -c '[.[]? | .message]')
[ "$errors" = '[]' ] || fail 'the browser complains' "$errors"
pass

summary
