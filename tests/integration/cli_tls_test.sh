#!/bin/sh
# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# The gofer command's options about https and about connecting, held against
# servers with good and bad certificates (cli_tls_origin.c): bytes, exit codes,
# messages. Where curl is installed the same command lines are given to both, and
# both must bring the same bytes and the same exit code.
set -u
# shellcheck source=tests/integration/cli_scene.sh
. "$(dirname "$0")/cli_scene.sh"
server= # a process to end
end_server() {
    [ -z "$server" ] || kill "$server"
}
at_end=end_server
serve 9 ports cli_tls_origin good old 'self-signed' 'wrong name' 'unknown issuer' revoked
while ! grep -q ready ports; do sleep 0.01; done
. ./ports
# Set by ports.
: "${good:?}" "${old:?}" "${self_signed:?}" "${wrong_name:?}" "${unknown_issuer:?}" "${revoked:?}"
: "${demanding:?}" "${plain:?}" "${abstract:?}" "${rude:?}"
url=https://127.0.0.1:$good/

# --- whom to trust -----------------------------------------------------------

refused 60 'SSL certificate problem: unable to get local issuer certificate' "$url"
gets --cacert root.pem "$url"
gets -k "$url"
gets --insecure "https://127.0.0.1:$old/"
mkdir hashed && ln -s ../root.pem "hashed/$(openssl x509 -in root.pem -noout -hash 2>/dev/null).0"
if command -v openssl >/dev/null; then gets --capath hashed "$url"; fi
SSL_CERT_FILE=root.pem gets "$url"
refused 60 'SSL certificate problem: unable to get local issuer certificate' --cacert other.pem "$url"
SSL_CERT_FILE=root.pem gets --cacert other.pem --ca-native "$url"
SSL_CERT_FILE=root.pem refused 60 'unable to get local issuer certificate' --cacert other.pem "$url"
refused 60 'SSL certificate problem: certificate has expired' --cacert root.pem "https://127.0.0.1:$old/"
refused 60 'SSL certificate problem: self-signed certificate' --cacert root.pem \
    "https://127.0.0.1:$self_signed/"
refused 60 'SSL: no alternative certificate subject name matches target host name' --cacert root.pem \
    "https://127.0.0.1:$wrong_name/"
refused 60 'SSL certificate problem: unable to get local issuer certificate' --cacert root.pem "https://127.0.0.1:$unknown_issuer/"
gets --cacert root.pem --resolve "good.test:$revoked:127.0.0.1" "https://good.test:$revoked/"
refused 60 'SSL certificate problem: certificate revoked' --cacert root.pem --crlfile crl.pem \
    --resolve "good.test:$revoked:127.0.0.1" "https://good.test:$revoked/"
gets --cacert root.pem --crlfile crl.pem "$url"
gets --cacert root.pem --pinnedpubkey "$(cat pin)" "$url"
refused 90 'SSL: public key does not match pinned public key' -k --pinnedpubkey "$(cat pin)" "https://127.0.0.1:$old/"
refused 90 "Not a pin: 'sha256//nonsense'" --pinnedpubkey sha256//nonsense "$url"
refused 90 "SSL: public key does not match pinned public key" -k --pinnedpubkey nowhere.pem "$url"
refused 77 'error setting certificate file: nowhere.pem' --cacert nowhere.pem "$url"
refused 77 'error setting certificate file: garbage.pem' --cacert garbage.pem "$url"
refused 82 'error loading CRL file: garbage.pem' --cacert root.pem --crlfile garbage.pem "$url"

# --- who we are --------------------------------------------------------------

wanting=https://127.0.0.1:$demanding/
run --cacert root.pem "$wanting"
if [ $code != 0 ] && grep -q 'server demands a client certificate' err; then
    pass
else
    fail 'without a certificate' "$code" "$(cat err)"
fi
gets --cacert root.pem --cert client.pem --key client.key --pass secret "$wanting"
gets --cacert root.pem -E client.pem:secret --key client.key "$wanting"
refused 58 "unable to set private key file: 'client.key' type PEM" --cacert root.pem --cert client.pem --key client.key --pass wrong "$wanting"
refused 58 'could not load PEM client certificate from nowhere.pem, (no key found' --cacert root.pem --cert nowhere.pem --key client.key "$wanting"
cp client.pem odd:name
gets --cacert root.pem --cert 'odd\:name:secret' --key client.key "$wanting"
gets --cacert root.pem --key nowhere.key "$url" # a key alone is nothing

# --- how to talk -------------------------------------------------------------

gets --cacert root.pem --tlsv1.2 "$url"
gets --cacert root.pem --tlsv1.3 "$url"
gets --cacert root.pem -1 "$url"
run --cacert root.pem -v --tls-max 1.2 "$url"
if grep -q 'TLSv1.2' err; then pass; else fail '--tls-max 1.2' "$(cat err)"; fi
run --cacert root.pem -v --tlsv1.3 "$url"
if grep -q 'TLSv1.3' err; then pass; else fail '--tlsv1.3' "$(cat err)"; fi
refused 2 'is badly used here' --tls-max 1.7 "$url"
refused 2 "isn't a boolean" --no-tlsv1.3 "$url"
refused 35 'no version is between the two' --tlsv1.3 --tls-max 1.2 "$url"
refused 59 'failed setting cipher list: nonsense' --ciphers nonsense "$url"
gets --cacert root.pem --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256 "$url"
gets --cacert root.pem --tls13-ciphers TLS_AES_128_GCM_SHA256 "$url"
refused 35 'server answered plain HTTP to a TLS client' -k "https://127.0.0.1:$rude/"

# --- a server that tells how it is talked to, and has an odd certificate ---------

# answers WORDS ARGS: it says these words.
answers() {
    words=$1
    shift
    run "$@"
    if [ "$code" = 0 ] && grep -qF -e "$words" out; then
        pass
    else
        fail "gofer $*" "exit code $code; wanted: $words" "$(cat err)" "$(grep -i cipher out)"
    fi
}

offers() {
    grep -c 'application layer protocol negotiation' server.out
}

odd=
if command -v openssl >/dev/null; then
    openssl req -x509 -newkey rsa:2048 -nodes -subj '/O=a, "b"/CN=m\xfcller' -keyout odd.key \
        -out odd.pem -addext 1.2.3.4=ASN1:UTF8:odd -addext \
        'subjectAltName=DNS:a.test,email:x@a.test,URI:http://a.test/' 2>openssl.err
    openssl s_server -accept 127.0.0.1:0 -key odd.key -cert odd.pem -www -tlsextdebug \
        >server.out 2>&1 </dev/null 9>&- &
    server=$!
    while kill -0 $server && ! grep -q '^ACCEPT ' server.out; do sleep 0.01; done
    odd=https://$(sed -n 's/^ACCEPT //p' server.out)/
    answers 'Cipher is ECDHE-RSA-AES128-GCM-SHA256' -k --tls-max 1.2 \
        --ciphers ECDHE-RSA-AES128-GCM-SHA256 "$odd"
    answers 'Cipher is TLS_CHACHA20_POLY1305_SHA256' -k --tls13-ciphers TLS_CHACHA20_POLY1305_SHA256 \
        "$odd"
    answers 'Protocol  : TLSv1.2' -k --tls-max 1.2 "$odd"
    answers 'Protocol  : TLSv1.3' -k --tlsv1.3 "$odd"
    before=$(offers)
    [ "$before" -ge 4 ] && pass || fail 'ALPN is offered' "$(cat server.out)"
    answers 'Protocol' -k --no-alpn "$odd"
    [ "$(offers)" = "$before" ] && pass || fail '--no-alpn' "$(cat server.out)"

    openssl pkcs12 -export -in client.pem -inkey client.key -passin pass:secret \
        -passout pass:secret -out client.p12 2>openssl.err
    gets --cacert root.pem --cert client.p12:secret --cert-type P12 "$wanting"
    openssl pkey -in client.key -passin pass:secret -outform DER -out key.der 2>openssl.err
    gets --cacert root.pem --cert client.pem --key key.der --key-type DER "$wanting"
fi

# --- where to ----------------------------------------------------------------

gets --resolve "a.test:$plain:127.0.0.1" "http://a.test:$plain/"
gets --resolve "+a.test:$plain:127.0.0.1,127.0.0.2" "http://a.test:$plain/"
gets --resolve "*:$plain:127.0.0.1" "http://b.test:$plain/"
refused 49 "Couldn't parse --resolve entry 'a.test'" --resolve a.test "http://a.test:$plain/"
gets --connect-to "a.test:80:127.0.0.1:$plain" http://a.test/
gets --connect-to "::127.0.0.1:$plain" http://a.test/
gets --cacert root.pem --connect-to "good.test:443:127.0.0.1:$good" https://good.test/
refused 49 "Couldn't parse --connect-to entry 'a'" --connect-to a http://a.test/
gets --unix-socket plain.sock http://a.test/
gets --abstract-unix-socket "gofer-test-$abstract" http://a.test/
refused 7 'Failed to connect to a.test port 80 after' --unix-socket nowhere.sock http://a.test/
refused 7 'Failed to connect to a.test port 80 after' --abstract-unix-socket gofer-nobody http://a.test/
gets -4 "http://127.0.0.1:$plain/"
refused 7 'no address of the family' -6 "http://127.0.0.1:$plain/"
gets -6 -4 "http://localhost:$plain/" # the last one counts
gets --interface 127.0.0.1 "http://127.0.0.1:$plain/"
gets --interface 'host!127.0.0.1' "http://127.0.0.1:$plain/"
gets --interface lo "http://127.0.0.1:$plain/"
gets --interface 'if!lo' "http://127.0.0.1:$plain/"

# --- what -v tells -----------------------------------------------------------

# tells PATTERN: the last run's -v has such a line.
tells() {
    if grep -q -e "$1" err; then pass; else fail "-v does not tell: $1" "$(cat err)"; fi
}

run -v --no-progress-meter --cacert root.pem --resolve "good.test:$good:[::1],127.0.0.1" "https://good.test:$good/" \
    "https://good.test:$good/"
tells "^\* Host good.test was resolved: ::1, 127.0.0.1$"
if grep -q ' lo$' /proc/net/if_inet6 2>/dev/null; then
    tells "^\*   Trying \[::1\]:$good\.\.\.$"
    tells "^\*   connect to \[::1\]:$good failed: "
fi
tells "^\*   Trying 127.0.0.1:$good\.\.\.$"
tells "^\* Connected to good.test (127.0.0.1:$good)$"
tells '^\* SSL connection using TLSv1.3 / TLS_AES'
tells '^\*  subject: CN=good$'
tells '^\*  expire date: .* GMT$'
tells '^\*  issuer: CN=middle$'
tells '^\*  hosts: good.test, localhost, 127.0.0.1, ::1$'
tells '^\*  SSL certificate verify ok.$'
tells '^\* Re-using a connection'
run -v --no-progress-meter -k "https://127.0.0.1:$old/"
tells '^\*  NOT CHECKED (-k): '
run -v --no-progress-meter --cacert root.pem "https://127.0.0.1:$old/"
tells '^\* TLS with 127.0.0.1 failed: certificate has expired (2 days ago)$'
run -v --no-progress-meter http://nothing.onion/
tells '^\* Could not resolve host: nothing.onion$'
run -v --no-progress-meter --unix-socket plain.sock http://a.test/
tells '^\*   Trying '

# --- what the archive tells (cli_picture_test.sh has the rest) ------------------

run -s --cacert root.pem --trace-har har "https://localhost:$good/"
if [ "$code" = 0 ] && command -v jq >/dev/null; then
    got=$(jq -c '.log.entries[0] | [.timings.dns >= 0, .timings.ssl >= 0, ._gofer.resumed,
        (._gofer.tls | startswith("TLSv1.3 TLS_"))]' <har)
    [ "$got" = '[true,true,false,true]' ] && pass || fail 'the archive: a lookup and a handshake' "$got"
fi

# --- beside curl -------------------------------------------------------------

if command -v curl >/dev/null && curl -V | grep -q OpenSSL; then
    same "$url"
    same --cacert root.pem "$url"
    same -k "$url"
    same --cacert root.pem "https://127.0.0.1:$old/"
    same --cacert root.pem "https://127.0.0.1:$wrong_name/"
    same --cacert nowhere.pem "$url"
    same --cacert garbage.pem "$url"
    same --cacert root.pem --crlfile garbage.pem "$url"
    same --cacert root.pem --cert client.pem --key client.key --pass secret "$wanting"
    same --cacert root.pem --cert client.pem --key client.key --pass wrong "$wanting"
    same --cacert root.pem --cert nowhere.pem "$wanting"
    same --cacert root.pem --pinnedpubkey "$(cat pin)" "$url"
    same -k --pinnedpubkey "$(cat pin)" "https://127.0.0.1:$old/"
    same --cacert root.pem --tls-max 1.2 "$url"
    same --ciphers nonsense "$url"
    same -k "https://127.0.0.1:$rude/"
    same --resolve "a.test:$plain:127.0.0.1" "http://a.test:$plain/"
    same --resolve nonsense "http://a.test:$plain/"
    same --connect-to "a.test:80:127.0.0.1:$plain" http://a.test/
    same --connect-to "good.test:443:127.0.0.1:$good" --cacert root.pem https://good.test/
    same --unix-socket plain.sock http://a.test/
    same --abstract-unix-socket "gofer-test-$abstract" http://a.test/
    same --unix-socket nowhere.sock http://a.test/
    same -4 "http://127.0.0.1:$plain/"
    same --interface lo "http://127.0.0.1:$plain/"
    same --interface 127.0.0.1 "http://127.0.0.1:$plain/"
    same -k -w '%{num_certs} %{certs}' "$url"
    if [ -n "$odd" ]; then
        same -k -o /dev/null -w '%{num_certs} %{certs}' "$odd"
        grep -q '^RSA Public Key:2048$' out && pass || fail 'a certificate with an RSA key' "$(cat out)"
    fi
else
    echo "cli_tls_test: there is no curl with OpenSSL, not compared with it"
fi

summary
