# SPDX-License-Identifier: MIT
#
# An overlay port: vcpkg install heapctrs --overlay-ports=scripts/packaging/vcpkg. It builds the source tree that it
# is in, with the tree's own Makefile, and installs the libraries, the headers and the CMake package.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)

if(VCPKG_TARGET_IS_MINGW)
  if(VCPKG_TARGET_ARCHITECTURE STREQUAL "x86")
    set(TARGET win32)
  else()
    set(TARGET win64)
  endif()
  set(GOALS build)
else()
  set(TARGET native)
  set(GOALS build manuals)
endif()

vcpkg_execute_required_process(
  COMMAND make -s -j "${VCPKG_CONCURRENCY}" "TARGET=${TARGET}" WERROR=0 ${GOALS}
  WORKING_DIRECTORY "${SOURCE_PATH}"
  LOGNAME "build-${TARGET}")
# "/" for DESTDIR, because an empty argument is lost.
vcpkg_execute_required_process(
  COMMAND scripts/install --relocatable --target "${TARGET}" / "${CURRENT_PACKAGES_DIR}"
  WORKING_DIRECTORY "${SOURCE_PATH}"
  LOGNAME "install-${TARGET}")

file(RENAME "${CURRENT_PACKAGES_DIR}/lib/cmake/heaptracker" "${CURRENT_PACKAGES_DIR}/share/heaptracker")
# A port has libraries and headers; the programs and their manuals come from the other packages.
file(GLOB PROGRAMS "${CURRENT_PACKAGES_DIR}/bin/perfharness*" "${CURRENT_PACKAGES_DIR}/bin/heapctrs*")
file(REMOVE_RECURSE ${PROGRAMS} "${CURRENT_PACKAGES_DIR}/lib/cmake" "${CURRENT_PACKAGES_DIR}/lib/heapctrs")
foreach(FOLDER bash-completion doc fish man zsh)
  file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/${FOLDER}")
endforeach()
file(GLOB PROGRAMS "${CURRENT_PACKAGES_DIR}/bin/*")
if(NOT PROGRAMS)
  file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/bin")
endif()
# The folder of the prefix is written as one above the libraries'.
vcpkg_replace_string("${CURRENT_PACKAGES_DIR}/share/heaptracker/heaptrackerConfig.cmake"
  "\${CMAKE_CURRENT_LIST_DIR}/../.." "\${CMAKE_CURRENT_LIST_DIR}/../../lib")
set(VCPKG_POLICY_MISMATCHED_NUMBER_OF_BINARIES enabled) # there is no debug build
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
