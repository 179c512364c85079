# SPDX-License-Identifier: MIT
"""A Conan 2 recipe: conan create scripts/packaging/conan. It exports the source tree that it is in, builds it with
the tree's own Makefile, and packages the libraries and headers."""
import os

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.files import copy, load, rm, rmdir


class HeaptrackerConan(ConanFile):
    name = "heaptracker"
    license = "MIT"
    description = "Publish the custom heaps of a program as live performance counters"
    settings = "os", "compiler", "build_type", "arch"
    package_type = "library"
    options = {"shared": [True, False]}
    default_options = {"shared": False}

    @property
    def _tree(self):
        return os.path.join(self.recipe_folder, "..", "..", "..")

    def set_version(self):
        self.version = load(self, os.path.join(self._tree, "VERSION")).strip()

    def validate(self):
        system, arch = str(self.settings.os), str(self.settings.arch)
        if (system, arch) not in (("Linux", "x86_64"), ("Windows", "x86_64"), ("Windows", "x86")):
            raise ConanInvalidConfiguration("only Linux x86-64 and mingw-w64 are supported")
        if system == "Windows" and self.settings.compiler != "gcc":
            raise ConanInvalidConfiguration("on Windows the libraries are built with mingw-w64")

    def export_sources(self):
        for folder in ("include", "provider", "harness", "registry", "scripts"):
            copy(self, f"{folder}/*", self._tree, self.export_sources_folder)
        for file in ("Makefile", "VERSION", "LICENSE", "*.md"):
            copy(self, file, self._tree, self.export_sources_folder)

    @property
    def _target(self):
        if self.settings.os == "Linux":
            return "native"
        return "win32" if self.settings.arch == "x86" else "win64"

    def build(self):
        goals = "build manuals" if self._target == "native" else "build"
        self.run(f"make -s TARGET={self._target} WERROR=0 {goals}", cwd=self.source_folder)

    def package(self):
        self.run(
            f'scripts/install --relocatable --target {self._target} "" "{self.package_folder}"',
            cwd=self.source_folder,
        )
        # Keep one form of the library, so that its name is enough. Conan itself writes files for CMake and pkg-config.
        library = os.path.join(self.package_folder, "lib")
        for pattern in ["libheaptracker.a"] if self.options.shared else ["libheaptracker.so*", "libheaptracker.dll.a"]:
            rm(self, pattern, library)
        if not self.options.shared:
            rm(self, "heaptracker.dll", os.path.join(self.package_folder, "bin"))
        for folder in ("cmake", "pkgconfig"):
            rmdir(self, os.path.join(library, folder))

    def package_info(self):
        windows = self.settings.os == "Windows"
        system = ["advapi32"] if windows else ["pthread"]
        self.cpp_info.set_property("cmake_file_name", "heaptracker")
        tracker = self.cpp_info.components["heaptracker"]
        tracker.includedirs = ["include/heapctrs"]
        tracker.libs = ["heaptracker"]
        tracker.system_libs = system
        for name in ("perflib", "processsnapshot"):
            component = self.cpp_info.components[name]
            component.includedirs = ["include/heapctrs"]
            component.libs = [name]
            component.system_libs = system
            if windows and name == "perflib":
                component.defines = ["PERFLIB_EMULATED"]
