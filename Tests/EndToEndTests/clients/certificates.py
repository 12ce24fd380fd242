"""Makes authorities, certificates and keys in a folder: `python3 certificates.py FOLDER`."""

import os
import subprocess
import sys


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"openssl {' '.join(arguments)}: {done.stdout}")


def authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
            "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")


def certificate(name, subject, signer, names=None, purpose="serverAuth", days="30", serial=None):
    """NAME.pem and NAME.key, signed by an authority."""
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
    with open(f"{name}.ext", "w") as file:
        file.write(f"basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage={purpose}\n")
        if names:
            file.write("subjectAltName=" + ",".join(names) + "\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{signer}.pem", "-CAkey", f"{signer}.key",
            "-CAcreateserial", "-days", days, "-out", f"{name}.pem", "-extfile", f"{name}.ext")


def make(folder):
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    authority("ca")
    authority("stranger-ca")
    certificate("server", "/CN=localhost", "ca", ["DNS:localhost", "IP:127.0.0.1"])
    certificate("renewed", "/CN=renewed", "ca", ["DNS:localhost", "IP:127.0.0.1"])
    certificate("shop", "/CN=shop.example", "ca", ["DNS:shop.example"])
    certificate("wild", "/CN=wild", "ca", ["DNS:*.wild.example"])
    certificate("alice", "/O=Example/CN=alice", "ca", purpose="clientAuth")
    certificate("stranger", "/CN=stranger", "stranger-ca", purpose="clientAuth")
    certificate("expired", "/CN=expired", "ca", purpose="clientAuth", days="-1")
    # A chain: root (ca), intermediate, leaf.
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "middle.key",
            "-out", "middle.csr", "-subj", "/CN=middle")
    with open("middle.ext", "w") as file:
        file.write("basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n")
    openssl("x509", "-req", "-in", "middle.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
            "-out", "middle.pem", "-extfile", "middle.ext")
    certificate("leaf", "/CN=leaf", "middle", ["DNS:localhost"])
    with open("chain.pem", "w") as chain:
        for name in ("leaf", "middle"):
            with open(f"{name}.pem") as part:
                chain.write(part.read())
    openssl("pkcs8", "-topk8", "-in", "server.key", "-out", "encrypted.key", "-v2", "aes-256-cbc",
            "-passout", "pass:open sesame")
    with open("password", "w") as file:
        file.write("open sesame\n")
    with open("garbage.pem", "w") as file:
        file.write("This is no certificate.\n")


if __name__ == "__main__":
    make(sys.argv[1])
