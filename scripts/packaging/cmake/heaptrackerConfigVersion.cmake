# SPDX-License-Identifier: MIT
#
# Before 1.0 a new minor version may change the interface: accept only the same one, if it is not older.
set(PACKAGE_VERSION "@VERSION@")
string(REGEX MATCH "^[0-9]+\\.[0-9]+" _heaptracker_series "${PACKAGE_VERSION}")

if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
elseif(NOT PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
elseif("${PACKAGE_FIND_VERSION_MAJOR}.${PACKAGE_FIND_VERSION_MINOR}" STREQUAL _heaptracker_series
       OR (PACKAGE_FIND_VERSION_COUNT EQUAL 1 AND _heaptracker_series MATCHES "^${PACKAGE_FIND_VERSION_MAJOR}\\."))
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
else()
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
endif()
if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()

# Libraries for another word size do not match, and CMake continues to search.
if(CMAKE_SIZEOF_VOID_P AND NOT CMAKE_SIZEOF_VOID_P EQUAL "@POINTER_SIZE@")
  set(PACKAGE_VERSION_UNSUITABLE TRUE)
endif()
