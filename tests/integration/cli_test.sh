#!/bin/sh
# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Holds the gofer command against a server of broken and good answers
# (cli_origin.c): bytes on stdout and in files, exit codes, messages, -w. Where
# curl is installed the same command lines are given to both, and both must
# bring the same bytes and the same exit code.
set -u
# shellcheck source=tests/integration/cli_scene.sh
. "$(dirname "$0")/cli_scene.sh"
serve_origin

# --- how a test says what it wants -------------------------------------------

# check NAME CODE BYTES ARGS: the exit code, and stdout as printf '%b' writes BYTES.
check() {
    name=$1 want_code=$2
    printf '%b' "$3" >want
    shift 3
    run "$@"
    if [ "$code" != "$want_code" ]; then
        fail "$name: exit code $code, not $want_code" "gofer $*" "$(cat err)"
    elif ! cmp -s want out; then
        fail "$name: other bytes" "gofer $*" "wanted: $(cat want)" "got: $(cat out)"
    else
        pass
    fi
}

# --- the response ------------------------------------------------------------

check 'GET writes the body' 0 'hello\n' "$url/hello"
check 'a URL without a scheme is http' 0 'hello\n' "$host/hello"
check 'a fragment is not sent' 0 'hello\n' "$url/hello#part"
check 'a chunked body' 0 'hello world' "$url/chunked"
check 'a body until the end of the connection' 0 'until the end' "$url/plain10"
check 'a response without a body' 0 '' "$url/no-reason"
check 'an error page is a response' 0 'none\n' "$url/404"
check '-i shows the head' 0 \
    'HTTP/1.1 200 OK\r\nX-One: 1\r\nx-two:  two words \r\nX-One: again\r\nContent-Length: 2\r\n\r\nok' \
    -i "$url/headers"
check '--show-headers is -i' 0 'HTTP/1.1 204 \r\nX-Empty:\r\n\r\n' --show-headers "$url/no-reason"
check '-i of HTTP/1.0' 0 'HTTP/1.0 200 Fine\r\nServer: old\r\n\r\nuntil the end' -i "$url/plain10"
check '-i of an empty field and no reason' 0 'HTTP/1.1 204 \r\nX-Empty:\r\n\r\n' -i "$url/no-reason"
check '-D where no file can be' 23 '' -D nowhere/heads "$url/hello" "$url/hello"
holds '-D where no file can be' err '^gofer: (23) Failed to open nowhere/heads: No such file'
check '-I asks for the head alone' 0 \
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n' -I "$url/hello"

check '--compressed shows it decompressed' 0 'squeezed\n' --compressed "$url/coded"
run "$url/coded"
lacks 'without it the bytes are shown as they came' out squeezed
run --compressed "$url/echo"
holds '--compressed asks for it' out '^Accept-Encoding: deflate, gzip'
check 'a broken coding' 61 '' --compressed "$url/badly-coded"
holds 'a broken coding' err '^gofer: (61) Error while processing content unencoding: incorrect header check$'

# --- where it goes -----------------------------------------------------------

check '-o writes a file' 0 '' -o one "$url/hello"
holds '-o writes a file' one '^hello$'
check '-ofile' 0 '' -otwo "$url/404"
holds '-ofile' two '^none$'
check 'the nth -o belongs to the nth URL' 0 'oops\n' "$url/hello" -o a "$url/404" "$url/500" -o b
holds 'the first file' a '^hello$'
holds 'the second file' b '^none$'
check '-o - is stdout' 0 'hello\nnone\n' -o - "$url/hello" "$url/404"
check 'an empty body makes an empty file' 0 '' -o empty "$url/nothing"
if [ -e empty ] && [ ! -s empty ]; then pass; else fail 'an empty file'; fi
check 'a failure leaves an old file alone' 52 '' -o one "$url/empty"
holds 'a failure leaves an old file alone' one '^hello$'
check 'more -o than URLs' 0 '' -o a -o b "$url/hello"
holds 'more -o than URLs' err 'Warning: Got more output options than URLs'
check 'a file that cannot be made' 23 '' -o /nonexistent/file "$url/hello"
holds 'a file that cannot be made' err '^gofer: (23) .*/nonexistent/file: No such file'

"$gofer" "$url/hello" >/dev/full 2>err
code=$?
if [ $code = 23 ]; then pass; else fail "a full disk: exit code $code, not 23"; fi
holds 'a full disk' err '^gofer: (23) .*No space left'
"$gofer" "$url/hello" >&- 2>err
code=$?
if [ $code = 23 ]; then pass; else fail "a closed stdout: exit code $code, not 23"; fi
mkfifo gone
head -c 0 <gone & # opens the pipe and leaves
exec 8>gone
wait $!
"$gofer" "$url/hello" >&8 2>err
code=$?
exec 8>&-
if [ $code = 23 ]; then pass; else fail "a reader that left: exit code $code, not 23"; fi

# --- the request -------------------------------------------------------------

agent='User-Agent: test'
printf 'line one\nline two' >part.txt
run -F 'a=b c' -F 'f=@part.txt;type=text/plain; charset=utf-8;filename="x;y.txt"' \
    -F 'in=<part.txt' -F 'q="a;b\"c";type=x/y' --form-string 's=@<;"' "$url/echo"
tr -d '\r' <out >form.out
holds '-F posts' form.out '^POST /echo '
holds '-F says so' form.out '^Content-Type: multipart/form-data; boundary=gofer-form-'
holds '-F tells the length' form.out '^Content-Length: [0-9]'
grep -v '^--gofer-form\|^[A-Z][a-z]*:\|^[A-Z][a-z]*-[LTA]\|HTTP/1.1$' form.out >fields.out
cat >fields.want <<'END'

Content-Disposition: form-data; name="a"

b c
Content-Disposition: form-data; name="f"; filename="x;y.txt"

line one
line two
Content-Disposition: form-data; name="in"

line one
line two
Content-Disposition: form-data; name="q"

a;b"c
Content-Disposition: form-data; name="s"

@<;"
END
if cmp -s fields.want fields.out; then pass; else fail '-F fields' "$(diff fields.want fields.out)"; fi
holds '-F with a type' form.out '^Content-Type: text/plain; charset=utf-8$'
printf 'typed' | "$gofer" -F 'f=@-;filename=n' "$url/echo" >out 2>err
holds '-F @- is stdin' out '^typed'
check '-F without a file' 26 '' -F f=@/nonexistent "$url/echo"
holds '-F without a file' err '^gofer: (26) .*No such file'
check '-F without a name' 2 '' -F nothing "$url/echo"
holds '-F without a name' err 'is badly used here'
check '-F with what nobody knows' 2 '' -F 'a=b;c=d' "$url/echo"
check '-F and -d' 2 '' -F a=b -d c "$url/echo"
run --data-urlencode 'a b&' --data-urlencode '=c=d' --data-urlencode 'n=e/f' \
    --data-urlencode 'file@part.txt' "$url/echo"
holds '--data-urlencode' out '^a+b%26&c%3Dd&n=e%2Ff&file=line+one%0Aline+two$'
holds '--data-urlencode posts' out '^POST /echo '
run -G -d a=1 --data-urlencode 'b=ü x' "$url/echo?z#part"
holds '-G asks with a query' out '^GET /echo?z&a=1&b=%C3%BC+x HTTP'
run -G -I -d a=1 "$url/hello"
holds '-G with -I' out '^HTTP/1.1 200'
run --url-query 'q=a b' --url-query '+raw=%2f' -d body "$url/echo"
holds '--url-query' out '^POST /echo?q=a+b&raw=%2f HTTP'
holds '--url-query leaves the body' out '^body$'
check 'the head of a GET' 0 \
    "GET /echo?a=b HTTP/1.1\r\nHost: $host\r\nAccept: */*\r\nUser-Agent: test\r\n\r\n" \
    -H "$agent" "$url/echo?a=b"
check '-d posts a form, several are joined' 0 \
    "POST /echo HTTP/1.1\r\nHost: $host\r\nAccept: */*\r\nContent-Length: 7\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\na=1&b=2" \
    -H User-Agent: -d a=1 --data b=2 "$url/echo"
printf 'one\r\ntwo\n\000three\n' >lines
run -d @lines "$url/echo"
holds '-d @file without line ends' out '^onetwothree$'
printf 'from stdin' | "$gofer" -d @- "$url/echo" >out 2>err
holds '-d @-' out '^from stdin$'
run -d '' "$url/echo"
holds 'an empty -d is a POST' out '^POST '
holds 'an empty -d has a length' out '^Content-Length: 0'
run -X PUT -d x "$url/echo"
holds '-X with -d' out '^PUT /echo '
run -XDELETE "$url/echo"
holds '-XDELETE' out '^DELETE /echo '
run -H 'X-A: 1' -H 'X-A:  2' -H 'X-E;' -H 'Accept:' -H nothing -d x -H 'content-type: text/x' "$url/echo"
holds '-H sends' out '^X-A: 1'
holds '-H adds' out '^X-A:  2'
holds '-H "Name;" sends it empty' out '^X-E: *.$'
lacks '-H "Name:" removes a default' out '^Accept'
lacks '-H without a colon says nothing' out 'nothing'
holds '-H replaces the type of -d' out '^content-type: text/x'
lacks '-H replaces the type of -d' out 'urlencoded'
printf 'X-One: 1\nX-Two: 2\n' >fields
run -H @fields "$url/echo"
holds '-H @file' out '^X-One: 1'
holds '-H @file' out '^X-Two: 2'
run -H 'Host: other' "$url/echo"
holds '-H Host' out '^Host: other'

# --- failures ----------------------------------------------------------------

check 'nothing at all' 2 ''
lacks 'nothing at all' err 'no URL specified'
holds 'nothing at all' err "^gofer: try 'gofer --help'"
check 'no URL' 2 '' -s
holds 'no URL' err 'no URL specified'
check 'an unknown option' 2 '' --nonsense "$url/hello"
holds 'an unknown option' err "gofer: option --nonsense: is unknown"
holds 'an unknown option' err "try 'gofer --help'"
check 'an ambiguous option' 2 '' --he "$url/hello"
holds 'an ambiguous option' err 'is ambiguous'
check 'a name cut short' 0 'hello\n' --max-t 5 "$url/hello"
check 'a missing value' 2 '' "$url/hello" -o
holds 'a missing value' err 'option -o: requires parameter'
check '--no- turns a switch off' 0 'hello\n' -i --no-include "$url/hello"
check '--no- of no switch' 2 '' --no-output "$url/hello"
check 'a time that is no number' 2 '' -m soon "$url/hello"
holds 'a time that is no number' err 'proper numerical'
check 'a negative time' 2 '' -m -1 "$url/hello"
check 'HEAD with a body' 2 '' -I -d x "$url/echo"
check 'a header that frames the message' 2 '' -H 'Transfer-Encoding: chunked' "$url/echo"
check 'an unreadable file' 26 '' -d @/nonexistent "$url/echo"
holds 'an unreadable file' err '(26) .*/nonexistent: No such file'
check '-- ends the options' 3 '' -- '-x y'
check 'an unknown protocol' 1 '' foo://bar/
holds 'an unknown protocol' err '^gofer: (1) Protocol "foo" not supported'
check 'a bad port' 3 '' http://127.0.0.1:99999/
check 'no host' 3 '' http:///
check 'a name that does not resolve' 6 '' http://nothing.onion/
check 'a refused connection' 7 '' http://127.0.0.1:1/
check 'not HTTP' 1 '' "$url/not-http"
check 'a body cut short' 18 'only this' "$url/partial"
check 'a head cut short' 18 '' "$url/half-head"
check 'a chunk cut short' 18 'only this' "$url/partial-chunk"
check '-f and an error page' 22 '' -f "$url/404"
holds '-f and an error page' err '^gofer: (22) The requested URL returned error: 404$'
check '-f and a good page' 0 'hello\n' -f "$url/hello"
check 'too slow' 28 '' -m 0.2 "$url/never"
holds 'too slow' err '^gofer: (28) Operation timed out after [0-9]* milliseconds with 0 bytes received'
check 'no answer' 52 '' "$url/empty"
check 'a reset' 56 '' "$url/reset"
check 'a chunk size that is none' 56 '' "$url/bad-chunk"
check 'the last URL decides' 0 'hello\n' "$url/empty" "$url/hello"
check 'the last URL decides' 52 'hello\n' "$url/hello" "$url/empty"

# --- what it says ------------------------------------------------------------

run -s "$url/empty"
if [ ! -s err ] && [ $code = 52 ]; then pass; else fail '-s is silent' "$(cat err)"; fi
run -sS "$url/empty"
holds '-sS shows errors' err '^gofer: (52) '
run -s --nonsense
holds '-s does not hide a wrong command line' err 'is unknown'
run -v -H "$agent" -d x "$url/echo"
holds '-v shows the request line' err '^> POST /echo HTTP/1.1$'
holds '-v shows the host' err "^> Host: $host\$"
holds '-v shows the agent' err '^> User-Agent: test$'
lacks '-v shows no default that was replaced' err 'gofer/'
holds '-v shows the response' err '^< HTTP/1.1 200 OK$'
holds '-v shows its fields' err '^< Content-Type: message/http$'
run --help
holds '--help' out '^ -f, --fail  '
lacks '--help shows what matters most' out '--max-time'
run --help all
holds '--help all' out '^ -m, --max-time <seconds>  '
run -h connection
holds '--help with a category' out '^ -m, --max-time <seconds>  '
lacks '--help with a category' out '--request'
run -h category
holds '--help category' out '^ tls '
run -h nonsense
holds '--help with no category' out '^Invalid category'
run -V
holds '--version' out '^gofer [0-9.]* (.*) libgofer/[0-9.]* OpenSSL/3[0-9.]* zlib/[0-9.]* .*libpsl/'
holds '--version' out '^Protocols: http https$'
holds '--version' out '^Features: AsynchDNS .*HTTPS-proxy IDN IPv6 Largefile libz PSL SSL threadsafe UnixSockets'
check '--help wins over the rest' 0 "$("$gofer" --help tls)\n" -h tls --nonsense

# --- every byte ---------------------------------------------------------------

run -s --trace traced -u me:secret -d body "$url/echo"
holds '--trace: a head' traced '^=> Send header, [0-9]* bytes (0x[0-9a-f]*)$'
holds '--trace: its bytes' traced '^0000: 50 4f 53 54 20 2f 65 63 68 6f 20 48 54 54 50 2f POST /echo HTTP/$'
holds '--trace: a body' traced '^0000: 62 6f 64 79  *body$'
holds '--trace: what came' traced '^<= Recv header, [0-9]* bytes'
holds '--trace: and its body' traced '^<= Recv data, [0-9]* bytes'
run -s --trace-ascii - -u me:secret -o body "$url/hello"
holds '--trace-ascii: lines' out '^0000: GET /hello HTTP/1.1$'
lacks '--trace-ascii: no credentials' out "$(printf me:secret | base64)"
run -s --trace-ascii - --trace-time --trace-ids -o body "$url/hello"
holds '--trace-time and --trace-ids' out '^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]* \[[0-9]*-[0-9x]*\].* Send header'
run --trace /nonexistent/file "$url/hello"
holds '--trace into no file' err '^Warning: Failed to create/open output$'
run -s -v --stderr said -o /dev/null "$url/hello"
holds '--stderr' said '^> GET /hello HTTP/1.1$'
[ ! -s err ] && pass || fail '--stderr: something came past it' "$(cat err)"

# --- operations, patterns, files of options -----------------------------------

printf '# two\n\n  %s/hello \n%s/404\n' "$url" "$url" >urls
check '--url of a file' 0 '' -s --create-dirs --output-dir listed --url @urls
[ "$(cat listed/hello listed/404)" = "$(printf 'hello\nnone')" ] && pass || fail '--url of a file: what came'
check '--url of no file' 26 '' -s --url @/nonexistent
check '--resolve, and taken back' 6 '' --resolve "a.onion:80:127.0.0.1" --resolve '-a.onion:80' http://a.onion/
printf '# mine\nmachine 127.0.0.1 login "me" password "a\\"b"\n' >quoted
run -s --netrc-file quoted "$url/echo"
holds 'quotes and comments in .netrc' out "^Authorization: Basic $(printf 'me:a"b' | base64)"

check '--next keeps options apart' 0 'hello\nHTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnone\n' \
    "$url/hello" --next -i "$url/404"
check '--next without a URL behind it' 2 'hello\n' "$url/hello" --next
holds '--next without a URL behind it' err 'no URL specified'
check 'a pattern' 0 'hello\nnone\n' "$url/{hello,404}"
check 'files of a pattern' 0 '' -o 'p#1_#2' "$url/{40,50}[4-4]"
holds 'files of a pattern' p40_4 '^none$'
check 'a malformed pattern' 3 'hello\n' "$url/hello" "$url/[2-1]"
holds 'a malformed pattern' err '^gofer: (3) bad range in URL position'
check '-g takes it as it is' 0 'unknown\n' -g "$url/{hello"
check '-g takes it as it is' 0 'unknown\n' -g "$url/[1-2]"
cat >rc <<END
# a comment
url = "$url/hello"
include
next
url: $url/404
END
check '-K' 0 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\nnone\n' -K rc
echo "nonsense" >>rc
run -K rc
holds '-K with nonsense' err "^Warning: rc:6: warning: 'nonsense' is unknown"
printf '%s\n' '-K me' '-K me' '-K me' >me
run -K me "$url/hello"
holds '-K of a file that names itself three times' err 'it comes after too many others'
check '-K without a file' 26 '' -K /nonexistent "$url/hello"
holds '-K without a file' err "option -K: error encountered when reading a file"
"$gofer" -K - <rc >out 2>/dev/null 9>&-
holds '-K -' out '^none$'
printf 'include\n' >.goferrc
GOFER_HOME=. run "$url/hello"
holds 'the default file' out '^HTTP/1.1 200'
GOFER_HOME=. check '-q' 0 'hello\n' -q "$url/hello"
GOFER_HOME=. check '-q with letters' 0 'hello\n' -qs "$url/hello"
mkdir -p xdg && mv .goferrc xdg/goferrc
XDG_CONFIG_HOME=xdg run "$url/hello"
holds 'the default file of XDG' out '^HTTP/1.1 200'
check '--proto' 1 '' --proto =https "$url/hello"
holds '--proto' err '^gofer: (1) Protocol "http" not supported or disabled'
check '--proto' 0 'hello\n' --proto -all,http "$url/hello"
check '--proto-redir' 1 '' -L --proto-redir =https "$url/302"
holds '--proto-redir' err '^gofer: (1) Protocol "http" not supported or disabled'
check '--proto-redir' 0 'hello\n' -L --proto-redir -https "$url/302"
check '--proto-default' 1 '' --proto-default https --proto =http "$host/hello"
check '--proto-default' 1 '' --proto-default nonsense "$url/hello"
check '--variable' 0 'hello\n' --variable 'p=he llo' --expand-url "$url/{{p:url}}" --expand-url "$url/hello" \
    -o /dev/null
check '--variable from the environment' 2 '' --variable %GOFER_UNSET "$url/hello"
printf ' hello\n' >word
check '--variable from a file' 0 'hello\n' --variable w@word --expand-url "$url/{{w:trim}}"
check '--variable without one' 0 'hello\n' --variable %GOFER_UNSET=hello --expand-url "$url/{{GOFER_UNSET}}"
check '--expand- of a switch' 2 '' --expand-include "$url/hello"
check '--expand- with no function' 2 '' --variable a=b --expand-url '{{a:nonsense}}'
check '--fail-early' 22 '' -f --fail-early "$url/404" "$url/hello"
check 'without it' 0 'hello\n' -f "$url/404" "$url/hello"

# --- -w ----------------------------------------------------------------------

check '-w shows variables' 0 \
    'hello\n200 200 6 0 text/plain GET 1.1 HTTP 2 0 - text/plain|'"$url/hello" -w \
    '%{http_code} %{response_code} %{size_download} %{size_upload} %{content_type} %{method} %{http_version} %{scheme} %{num_headers} %{exitcode} -%{errormsg} %header{content-type}|%{url_effective}' \
    "$url/hello"
check '-w escapes' 0 'hello\na\tb\r\n%|%|\\x|' -w 'a\tb\r\n%%|%|\x|' "$url/hello"
check '-w and an unknown variable' 0 'hello\n..' -w '.%{nonsense}.' "$url/hello"
holds '-w and an unknown variable' err "unknown --write-out variable: 'nonsense'"
check '-w after a failure' 52 '000 52 0 0|' -w '%{http_code} %{exitcode} %{http_version} %{size_download}|' "$url/empty"
run -s -w '%{errormsg}' "$url/empty"
holds '-w shows the error under -s' out '^Empty reply from server'
check '-w %{onerror}' 0 'hello\n1' -w '1%{onerror}2' "$url/hello"
check '-w %{onerror}' 52 '12' -w '1%{onerror}2' "$url/empty"
run -w '%{stderr}there' "$url/hello"
holds '-w %{stderr}' err '^there$'
check 'a connection is used again' 0 'hello\n1hello\n0' -w '%{num_connects}' "$url/hello" "$url/hello"
check '-w names URL and file' 0 "$host/hello 0 f|" -o f -w '%{url} %{urlnum} %{filename_effective}|' "$host/hello"
check '-w %output{}' 0 'hello\n1 3' -w '1 %output{told}2%{stdout}3' "$url/hello"
check '-w %output{>>}' 0 'hello\n' -w '%output{>>told}4' "$url/hello"
holds '-w %output{}' told '^24$'
printf '%%{http_code}\\n' >format
check '-w @file' 0 'hello\n200\n' -w @format "$url/hello"
run -s -m 0.2 -w '%{time_total}' "$url/never"
holds '-w time_total' out '^0\.[2-9][0-9]\{5\}$'

for name in namelookup connect pretransfer starttransfer redirect; do
    run -s -o f -w "%{time_$name}" "$url/hello"
    holds "-w time_$name" out '^0\.[0-9]\{6\}$'
done
check '-w time_appconnect without TLS' 0 '0.000000' -o f -w '%{time_appconnect}' "$url/hello"
run -s -o f -w '%{time_starttransfer}' "$url/slow"
holds '-w time_starttransfer' out '^[0-9]\.[3-9][0-9]\{5\}$'

# --- how fast, and from where -------------------------------------------------

# Six bytes take five seconds; how many came until then is the machine's business.
run --limit-rate 1 -m 0.9 "$url/hello"
if [ "$code" = 28 ] && [ "$(wc -c <out)" -lt 6 ]; then
    pass
else
    fail '--limit-rate and -m' "exit code $code, $(wc -c <out) bytes" "$(cat err)"
fi
check '--limit-rate of what is sent, and -m' 28 '' --limit-rate 1 -m 0.9 -d 12345678 "$url/echo"
printf '12345678' >body
check '--limit-rate of a file, and -m' 28 '' --limit-rate 1 -m 0.9 -H Expect: -T body "$url/echo"
check '--limit-rate of a form, and -m' 28 '' --limit-rate 1 -m 0.9 -F a=12345678 "$url/echo"
run --limit-rate 1M -F a=12345678 "$url/echo"
holds '--limit-rate of a form' out '^Content-Type: multipart/form-data; boundary='
holds '--limit-rate of a form' out '^Content-Length: [1-9]'
holds '--limit-rate of a form' out '^12345678'
check '--limit-rate of all that there is' 0 'hello\n' --limit-rate 1M "$url/hello"

# A fifo that somebody holds open and nobody writes to.
mkfifo silent
exec 8<>silent
"$gofer" -sS -m 0.3 -H Expect: -T - "$url/never" >out 2>err <&8 9>&-
if [ $? = 28 ]; then pass; else fail '-T of a silent stdin' "$(cat err)"; fi
"$gofer" -sS -m 0.3 -H Expect: -T silent "$url/never" >out 2>err 8<&- 9>&-
if [ $? = 28 ]; then pass; else fail '-T of a silent fifo' "$(cat err)"; fi
exec 8<&-

# Each lone line feed gets its carriage return, and the length is right.
printf 'a\nb\r\n\nc' >lines
run --crlf -H Expect: -T lines "$url/echo"
holds '--crlf' out '^Content-Length: 9'
tail -c 9 out >end
printf 'a\r\nb\r\n\r\nc' | cmp -s - end && pass || fail '--crlf: other bytes' "$(od -c end)"
run --crlf --limit-rate 20 -H Expect: -T lines "$url/echo"
tail -c 9 out >end
printf 'a\r\nb\r\n\r\nc' | cmp -s - end && pass || fail '--crlf in pieces: other bytes' "$(od -c end)"

# What an attempt wrote is no part of the next one's file, nor of another file.
check '--retry of what breaks off' 18 '' --retry 1 --retry-delay 0.01 --retry-all-errors -o broken "$url/partial"
printf 'only this' | cmp -s - broken && pass || fail '--retry: the file is another one' "$(cat broken)"
printf 'before ' >kept
run --retry 1 --retry-delay 0.01 --retry-all-errors --no-clobber -o kept "$url/partial"
if [ "$(cat kept kept.1)" = 'before only this' ] && [ ! -e kept.2 ]; then pass; else fail '--retry and --no-clobber'; fi

# --- --retry -----------------------------------------------------------------

check 'no --retry' 0 'busy\n503' -w '%{http_code}' "$url/busy"
check '--retry' 0 'busy\ndone\n200' --retry 1 --retry-delay 0.01 -w '%{http_code}' "$url/busy"
holds '--retry says so' err 'Problem : HTTP error. Will retry in 0.010 seconds. 1 retries left.'
check '--retry, and the method' 0 'busy\ndone\n' --retry 1 --retry-delay 0.01 -d x "$url/busy"
check '--retry used up' 22 '' -f --retry 2 --retry-delay 0.01 "$url/500"
check '--retry, and what does not pass' 22 '' -f --retry 2 --retry-delay 60 "$url/404"
check '--retry, and nobody there' 7 '' --retry 2 --retry-delay 60 http://127.0.0.1:1/
check '--retry-connrefused' 7 '' --retry 1 --retry-delay 0.01 --retry-connrefused http://127.0.0.1:1/
holds '--retry-connrefused' err 'Will retry in'
check '--retry-all-errors' 52 '' --retry 1 --retry-delay 0.01 --retry-all-errors "$url/empty"
holds '--retry-all-errors' err 'Will retry in'
check '--retry-all-errors -f' 22 '' -f --retry 1 --retry-delay 0.01 --retry-all-errors "$url/404"
holds '--retry-all-errors -f' err 'Problem (retrying all errors)'
check '--retry-max-time' 28 '' -m 0.6 --retry 5 --retry-delay 60 --retry-max-time 0.5 "$url/never"
lacks '--retry-max-time' err 'Will retry'
check '-m is of one attempt' 28 '' -m 0.3 --retry 2 --retry-delay 0.01 "$url/never"
holds '-m is of one attempt' err '0 retries left\|1 retries left'
check 'each attempt is shown' 0 'oops\noops\n' --retry 1 --retry-delay 0.01 "$url/500"
check 'but once in a file' 0 '' --retry 1 --retry-delay 0.01 -o once "$url/500"
holds 'but once in a file' once '^oops$'
check '-Y and -y' 28 '' -Y 1000 -y 1 "$url/never"
check '--rate' 0 'hello\nhello\n' --rate 50/2s "$url/hello" "$url/hello"
check '--rate of nothing' 2 '' --rate 0/s "$url/hello"
check '--rate of no unit' 2 '' --rate 1/y "$url/hello"
check '--retry and a bad number' 2 '' --retry x "$url/hello"

# --- -Z ----------------------------------------------------------------------

check '-Z writes what is complete first' 0 'hello\nslow\nslower\n' \
    -Z "$url/slower" "$url/slow" "$url/hello"
check '-Z and files' 0 '' -Z -o z1 -o z2 -o z3 "$url/slow" "$url/hello" "$url/404"
holds '-Z and files' z1 '^slow$'
holds '-Z and files' z2 '^hello$'
holds '-Z and files' z3 '^none$'
check '-Z one at a time' 0 'slow\nhello\n' -Z --parallel-max 1 "$url/slow" "$url/hello"
check '-Z --fail-early ends the others' 22 '' -Z -f --fail-early "$url/404" "$url/never"
holds '-Z --fail-early ends the others' err '^gofer: (42) '
"$gofer" -sS -o kept "$url/hello" "$url/never" -o absent 2>err 9>&- &
pid=$!
while [ ! -s kept ]; do sleep 0.01; done
kill -TERM $pid
wait $pid
code=$?
if [ $code = 143 ]; then pass; else fail "SIGTERM: exit code $code, not 143" "$(cat err)"; fi
if [ ! -e absent ]; then pass; else fail 'SIGTERM leaves a file'; fi
check '-Z keeps the last failure' 52 'slow\n' -Z "$url/slow" foo://bar "$url/empty"
check '-Z and a limit' 28 'hello\n' -Z -m 0.4 "$url/never" "$url/hello"

# --- redirects and credentials -----------------------------------------------

check 'a redirect is not followed without -L' 0 '' "$url/302"
check '-L follows' 0 'hello\n' -L "$url/302"
run -L -w '%{num_redirects} %{url_effective}' "$url/twice"
holds '-L counts' out "2 $url/echo"
check '--max-redirs ends it' 47 '' -sL --max-redirs 3 "$url/loop"
check '--max-redirs 0 allows none' 47 '' -sL --max-redirs 0 "$url/302"
check '--max-redirs -1 is any number' 0 'hello\n' -L --max-redirs -1 "$url/302"
run -u ali:sesame "$url/echo"
holds '-u is Basic' out '^Authorization: Basic YWxpOnNlc2FtZQ=='
run -u ali "$url/echo"
holds '-u with a user alone' out '^Authorization: Basic YWxpOg=='
run -u ali:sesame -H 'Authorization: own' "$url/echo"
holds 'a header wins over -u' out '^Authorization: own'
run -L -u ali:sesame "$url/to-echo"
holds '-u stays on one host' out '^Authorization: Basic YWxpOnNlc2FtZQ=='
run --oauth2-bearer t0k3n "$url/echo"
holds '--oauth2-bearer' out '^Authorization: Bearer t0k3n'
check 'a bad token' 2 '' -s --oauth2-bearer 'a b' "$url/echo"
run -e http://from/ "$url/echo"
holds '-e' out '^Referer: http://from/'
run -L "$url/to-echo"
lacks 'no Referer of its own' out '^Referer'
run -L -e ';auto' "$url/to-echo"
holds '-e ;auto' out "^Referer: $url/to-echo"
run -b 'a=1; b=2' -b c=3 "$url/echo"
holds '-b sends' out '^Cookie: a=1; b=2; c=3'
run -L -b nothing-there "$url/cookie"
holds '-b with a file keeps' out '^Cookie: a=1'
run -L -c jar "$url/cookie"
holds '-c keeps' out '^Cookie: a=1'
holds '-c writes' jar '^127.0.0.1.*a	1$'
run -b jar "$url/echo"
holds '-b reads' out '^Cookie: a=1'
run -c - "$url/cookie"
holds '-c - shows' out '^127.0.0.1.*a	1$'
run -c /nonexistent/jar "$url/hello"
holds '-c that fails is told' err 'Failed to save cookies'

# --- beside curl -------------------------------------------------------------

if command -v curl >/dev/null; then
    same "$url/hello"
    same -i "$url/hello"
    same -i "$url/plain10"
    same -I "$url/hello"
    same -I "$url/404"
    same "$url/chunked"
    same "$url/404" -f
    same -f "$url/404" "$url/hello"
    same "$url/302" -i
    same -L "$url/302"
    same -sL --max-redirs 2 "$url/loop"
    same "$url/empty"
    same "$url/reset"
    same "$url/bad-chunk"
    same -o /nonexistent/file "$url/hello"
    same -m 0.2 "$url/never"
    same http://127.0.0.1:99999/
    same http://127.0.0.1:1/
    same foo://bar
    same --nonsense
    same -m x "$url/hello"
    same
    same -o
    same -I -d x "$url/echo"
    same -XOPTIONS -H 'User-Agent: x' -H 'Accept: y/z' "$url/echo?q=%20x"
    same -w '%{http_code} %{http_version} %{size_download} %{num_connects} %{content_type}\n%{exitcode}\t%%%{method}\z' "$url/plain10"
    same -w '%{http_code},%{exitcode},%{http_version},%{url_effective}' http://127.0.0.1:1
    same -w '%{size_download} %{num_connects};' "$url/hello" "$url/404" "$url/empty"
    same -Z --parallel-max 1 "$url/hello" "$url/404"
else
    echo "cli_test: curl is not installed, not compared with it"
fi

summary
