# SPDX-License-Identifier: MIT
"""Small disks of a test's own, in a mount namespace. Needs root, or a kernel that lets users have namespaces
of their own.

    private_disk.enter(__file__)      # runs the program again, inside; skips where that is not permitted
    disk = Disk(folder, 24 << 20)     # a tmpfs there;  Disk(folder, 24 << 20, "ext4"): in a file
    disk.fill(leave=8 << 20); disk.make_room(); disk.close()"""

import os
import pathlib
import shutil
import subprocess
import sys

from crawl_run import skip_all

INSIDE = "CRAWL_TEST_PRIVATE_DISK"


def enter(program):
    """Returns inside only."""
    if os.environ.get(INSIDE) == "yes":
        return
    command = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    trial = "mount -t tmpfs none /mnt"
    if subprocess.run([*command, "sh", "-c", trial], capture_output=True).returncode != 0:
        skip_all("mounting is not permitted here")
    os.environ[INSIDE] = "yes"
    os.execvp(command[0], [*command, sys.executable, "-B", program, *sys.argv[1:]])


def many_users():
    """Not so in a namespace of a user's own."""
    return len(pathlib.Path("/proc/self/uid_map").read_text().split()) == 3 and \
        int(pathlib.Path("/proc/self/uid_map").read_text().split()[2]) > 65534


class Disk:
    """A file system of `size` bytes, mounted at `folder`. Raises OSError where that is not permitted."""

    def __init__(self, folder, size, kind="tmpfs", options=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.image = self.folder.with_suffix(".image")
        self._filler = self.folder / "filler"
        if kind == "tmpfs":
            source = ["-t", "tmpfs", "-o", ",".join([f"size={size}", "mode=1777", *options]), "none"]
        else:
            with open(self.image, "wb") as file:
                file.truncate(size)
            self.run(f"mkfs.{kind}", "-q", "-F", "-m", "0", self.image)
            source = ["-o", "loop", self.image]
        self.run("mount", *source, self.folder)

    @staticmethod
    def run(*command):
        if not shutil.which(command[0]):
            raise OSError(f"there is no {command[0]}")
        done = subprocess.run([*map(str, command)], capture_output=True)
        if done.returncode != 0:
            raise OSError(done.stderr.decode())

    def free(self):
        space = os.statvfs(self.folder)
        return space.f_bavail * space.f_frsize

    def fill(self, leave=0):
        """Takes all but `leave` bytes, as other programs do."""
        with open(self._filler, "ab", buffering=0) as file:
            block = bytes(4096)
            while self.free() > leave:
                try:
                    file.write(block * max(1, min(64, (self.free() - leave) // 8192)))
                except OSError:
                    return

    def make_room(self):
        self._filler.unlink(missing_ok=True)

    def close(self):
        subprocess.run(["umount", "--lazy", self.folder], check=False, capture_output=True)
        self.image.unlink(missing_ok=True)
