//! Modules that come with Python and Node, and packages whose modules have another name.

/// Whether a module comes with Python.
pub(super) fn is_python(module: &str) -> bool {
    PYTHON.split_whitespace().any(|known| known == module)
}

/// Whether a module comes with Node.
pub(super) fn is_node(module: &str) -> bool {
    module.starts_with("node:") || NODE.split_whitespace().any(|known| known == module)
}

/// Packages that a Python module may come from; the module's own name is always one.
pub(super) fn packages_of(module: &str) -> &'static [&'static str] {
    let found = RENAMED.iter().find(|(known, _)| *known == module);
    found.map_or(&[], |(_, packages)| packages)
}

const PYTHON: &str = "__future__ __main__ _thread abc aifc argparse array ast asyncio atexit audioop base64 \
    bdb binascii bisect builtins bz2 calendar cgi cgitb chunk cmath cmd code codecs codeop collections \
    colorsys compileall concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes \
    curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum \
    errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc getopt getpass \
    gettext glob graphlib grp gzip hashlib heapq hmac html http imaplib imghdr imp importlib inspect io \
    ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math \
    mimetypes mmap modulefinder msvcrt multiprocessing netrc nntplib numbers operator optparse os \
    pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix pprint profile pstats \
    pty pwd py_compile pyclbr pydoc queue quopri random re readline reprlib resource rlcompleter runpy \
    sched secrets select selectors shelve shlex shutil signal site smtplib sndhdr socket socketserver \
    sqlite3 ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog \
    tabnanny tarfile telnetlib tempfile termios test textwrap threading time timeit tkinter token \
    tokenize tomllib trace traceback tracemalloc tty turtle types typing unicodedata unittest urllib uu \
    uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile \
    zipimport zlib zoneinfo";

const NODE: &str = "assert async_hooks buffer child_process cluster console constants crypto dgram \
    diagnostics_channel dns domain events fs http http2 https inspector module net os path perf_hooks \
    process punycode querystring readline repl stream string_decoder sys test timers tls trace_events \
    tty url util v8 vm wasi worker_threads zlib bun electron vscode";

const RENAMED: &[(&str, &[&str])] = &[
    ("yaml", &["pyyaml"]),
    ("cv2", &["opencv-python", "opencv-python-headless", "opencv-contrib-python"]),
    ("PIL", &["pillow"]),
    ("sklearn", &["scikit-learn"]),
    ("skimage", &["scikit-image"]),
    ("bs4", &["beautifulsoup4"]),
    ("dateutil", &["python-dateutil"]),
    ("dotenv", &["python-dotenv"]),
    ("docx", &["python-docx"]),
    ("pptx", &["python-pptx"]),
    ("jwt", &["pyjwt"]),
    ("jose", &["python-jose"]),
    ("git", &["gitpython"]),
    ("github", &["pygithub"]),
    ("gitlab", &["python-gitlab"]),
    (
        "google",
        &[
            "google-cloud-storage",
            "google-api-python-client",
            "protobuf",
            "google-auth",
            "google-genai",
            "google-generativeai",
        ],
    ),
    ("googleapiclient", &["google-api-python-client"]),
    ("Crypto", &["pycryptodome", "pycryptodomex", "pycrypto"]),
    ("OpenSSL", &["pyopenssl"]),
    ("nacl", &["pynacl"]),
    ("psycopg2", &["psycopg2-binary"]),
    ("MySQLdb", &["mysqlclient"]),
    ("mysql", &["mysql-connector-python"]),
    ("pymupdf", &["pymupdf"]),
    ("fitz", &["pymupdf"]),
    ("attr", &["attrs"]),
    ("pkg_resources", &["setuptools"]),
    ("serial", &["pyserial"]),
    ("usb", &["pyusb"]),
    ("zmq", &["pyzmq"]),
    ("slugify", &["python-slugify"]),
    ("magic", &["python-magic"]),
    ("telegram", &["python-telegram-bot"]),
    ("discord", &["discord-py"]),
    ("lxml", &["lxml"]),
    ("markdown", &["markdown"]),
    ("ruamel", &["ruamel-yaml"]),
    ("websocket", &["websocket-client"]),
    ("rest_framework", &["djangorestframework"]),
    ("environ", &["django-environ"]),
    ("fake_useragent", &["fake-useragent"]),
    ("faiss", &["faiss-cpu", "faiss-gpu"]),
    ("whisper", &["openai-whisper"]),
    ("speech_recognition", &["speechrecognition"]),
    ("tavily", &["tavily-python"]),
    ("llama_index", &["llama-index", "llama-index-core"]),
    ("win32com", &["pywin32"]),
    ("win32api", &["pywin32"]),
    ("gi", &["pygobject"]),
    ("socks", &["pysocks"]),
    ("ldap", &["python-ldap"]),
    ("pylab", &["matplotlib"]),
    ("mpl_toolkits", &["matplotlib"]),
    ("typing_extensions", &["typing-extensions"]),
    ("_pytest", &["pytest"]),
    ("charset_normalizer", &["charset-normalizer"]),
];
